// The room Atlases is being built.
