public import ArgumentParser
public import Atlases
public import Attribution
public import Explaining

// The library's choices as they stand on the command line: by their raw values.
extension ScoreKind: ExpressibleByArgument {}
extension Explainer.ResultSpace: ExpressibleByArgument {}
extension RegionWeights: ExpressibleByArgument {}
