// The room Figures is being built.
