// The room ModelCards is being built.
