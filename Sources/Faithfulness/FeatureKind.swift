public import PellucidFaults

/// Into what the image is cut for the metrics that fill parts of it.
public enum FeatureKind: Hashable, Sendable {
  /// Every voxel of the model's grid, background included.
  case voxels
  /// Cells of so many voxels along each axis, from voxel 0 on, the last cut at the border; row-major D, H, W.
  case patches(Int)
  /// The atlas's regions with a voxel on the grid, in its order, and what is outside of them.
  case regions
  /// About so many pieces of similar intensity (SLIC) of what the fill changes.
  case supervoxels(Int)

  /// Reads `voxels`, `patch:N`, `regions`, `supervoxels` or `supervoxels:N`.
  /// - Throws: `.usage` for anything else.
  public init(_ text: String) throws(PellucidError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let number = parts.count > 1 ? Int(parts[1]) : nil
    switch (parts[0], parts.count, number) {
    case ("voxels", 1, _): self = .voxels
    case ("regions", 1, _): self = .regions
    case ("supervoxels", 1, _): self = .supervoxels(200)
    case ("supervoxels", 2, let count?) where (2...20_000).contains(count): self = .supervoxels(count)
    case ("patch", 2, let size?) where (1...10_000).contains(size): self = .patches(size)
    default: throw .features(text)
    }
  }

  /// As ``init(_:)`` reads it.
  public var name: String {
    switch self {
    case .voxels: "voxels"
    case .patches(let size): "patch:\(size)"
    case .regions: "regions"
    case .supervoxels(let count): count == 200 ? "supervoxels" : "supervoxels:\(count)"
    }
  }
}
