// The room Preprocessing is being built.
