// The room Networks is being built.
