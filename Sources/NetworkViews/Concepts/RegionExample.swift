internal import PellucidAtlases
public import PellucidAttribution
internal import PellucidExplaining
internal import PellucidFaults
internal import PellucidNetworks
internal import PellucidPreprocessing
internal import PellucidTensors
internal import PellucidVolumes

/// An example of a concept that is made of a scan itself: a region of the atlas filled, or all but the region.
public struct RegionExample: Sendable, Hashable {
  /// What becomes of the region.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// It is filled: what the scan is without it.
    case removed
    /// All else is filled: what the region shows alone.
    case kept
  }

  /// The region's label.
  public let region: Int32
  /// What becomes of it.
  public let kind: Kind
  /// What voxels become.
  public let fill: Fill

  /// An example.
  public init(region: Int32, kind: Kind, fill: Fill = Fill()) {
    (self.region, self.kind, self.fill) = (region, kind, fill)
  }

  /// The same with another region.
  func with(_ other: Int32) -> RegionExample { RegionExample(region: other, kind: kind, fill: fill) }

  /// A scan's input so changed, [1, C, D, H, W].
  /// - Throws: `.badData` where the region has no voxel on the network's input; `.usage` for a fill that is out of bounds.
  func input(of subject: Explainer.Case, in explainer: Explainer) throws(PellucidError) -> Tensor {
    let asked = try explainer.subject(of: subject)
    guard let labels = asked.labels, labels.contains(region) else {
      throw .regionNotOnInput(explainer.regionName(region), scan: subject.scan.text)
    }
    let image = subject.prepared.input.ordered(.channelsLast)
    let isKept = kind == .kept
    let mask = Tensor(
      labels.map { ($0 == region) == isKept ? Float(1) : 0 }, shape: Shape([1, 1] + image.shape.spatial))
    let values: Tensor
    do {
      switch try Occluder(fill, for: asked).values {
      case .value(let value): values = Tensor(repeating: value, shape: image.shape, order: .channelsLast)
      case .image(let other): values = other.ordered(.channelsLast)
      }
    } catch {
      throw explainer.located(error, subject)
    }
    // x·m + fill·(1 − m), as fill + (x − fill)·m.
    let difference = image.combined(.subtract, with: values)
    return values.combined(.add, with: difference.combined(.multiply, with: mask.ordered(.channelsLast)))
  }

  /// The regions that one is held against: those from half to twice its size on the network's input, at least the five nearest in size.
  static func others(than region: Int32, in labels: [Int32], among regions: [Int32]) -> [Int32] {
    var sizes: [Int32: Int] = [:]
    for label in labels where label != 0 { sizes[label, default: 0] += 1 }
    guard let own = sizes[region] else { return [] }
    let ratios: [(region: Int32, ratio: Double)] = regions.compactMap { other in
      guard other != region, let size = sizes[other] else { return nil }
      return (other, Double(max(size, own)) / Double(min(size, own)))
    }
    let nearest = ratios.sorted { ($0.ratio, $0.region) < ($1.ratio, $1.region) }
    let alike = nearest.count { $0.ratio <= 2 }
    return nearest.prefix(max(5, alike)).map(\.region).sorted()
  }
}

extension Explainer {
  /// What the atlas calls a region.
  func regionName(_ label: Int32) -> String {
    options.atlas?.regions.first { $0.index == label }?.name ?? "\(label)"
  }
}
