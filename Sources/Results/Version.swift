/// Pellucid's version, as provenance files and `--version` give it.
public let pellucidVersion = "0.2.0"
