// The room Attribution is being built.
