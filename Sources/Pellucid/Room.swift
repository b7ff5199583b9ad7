// The room Pellucid is being built.
