// The room Reports is being built.
