// What a program needs that imports `Pellucid` alone: a classifier, a scan, methods, tables, results.
@_exported public import PellucidAtlases
@_exported public import PellucidAttribution
@_exported public import PellucidExplaining
@_exported public import PellucidFaults
@_exported public import PellucidModelCards
@_exported public import PellucidNetworks
@_exported public import PellucidOnnxFiles
@_exported public import PellucidOnnxFormat
@_exported public import PellucidPreprocessing
@_exported public import PellucidResults
@_exported public import PellucidTables
@_exported public import PellucidTensors
@_exported public import PellucidTransforms
@_exported public import PellucidVolumes
