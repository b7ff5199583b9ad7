// What a program needs that imports `Pellucid` alone: a classifier, a scan, methods, tables, results.
@_exported public import Atlases
@_exported public import Attribution
@_exported public import Explaining
@_exported public import Faults
@_exported public import Networks
@_exported public import Preprocessing
@_exported public import Results
@_exported public import Transforms
@_exported public import Volumes
