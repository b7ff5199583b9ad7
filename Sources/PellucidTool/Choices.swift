public import ArgumentParser
public import PellucidAtlases
public import PellucidAttribution
public import PellucidCohorts
public import PellucidExplaining
public import PellucidNetworkViews
public import PellucidPreprocessing
public import PellucidVolumes

// The library's choices as they stand on the command line: by their raw values.
extension ScoreKind: ExpressibleByArgument {}
extension Explainer.ResultSpace: ExpressibleByArgument {}
extension RegionWeights: ExpressibleByArgument {}
extension ChannelTreatment: ExpressibleByArgument {}
extension NonFinitePolicy: ExpressibleByArgument {}
extension CohortStudy.Kept: ExpressibleByArgument {}
extension GroupStudy.Measure: ExpressibleByArgument {}
extension GroupStudy.Grouping: ExpressibleByArgument {}
extension RandomizationStudy.Order: ExpressibleByArgument {}
extension ActivationPool: ExpressibleByArgument {}
extension RegionExample.Kind: ExpressibleByArgument {}
extension AscentSettings.Preset: ExpressibleByArgument {}
extension AscentSettings.Optimizer: ExpressibleByArgument {}
extension AscentSettings.Parametrization: ExpressibleByArgument {}
extension AscentSettings.Normalization: ExpressibleByArgument {}
