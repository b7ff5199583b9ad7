public import PellucidAttribution
package import PellucidFaults
package import PellucidNetworks
package import PellucidTensors

/// What filled voxels become.
public enum FaithfulnessFill: Hashable, Sendable {
  /// One of the fills of the perturbation methods.
  case fill(Fill)
  /// The weighted mean of their neighbours, with a little noise (``Road``).
  case road(seed: Int)

  /// The word, the number or the file.
  public var name: String {
    switch self {
    case .fill(let fill): fill.name
    case .road: "road"
    }
  }
}

/// A fill made ready for one image.
package struct Filling: Sendable {
  private enum Kind {
    case occluder(Occluder)
    case road(Road)
  }

  private let kind: Kind
  private let image: Tensor
  private let background: Float

  /// - Throws: what an ``Occluder`` throws.
  package init(_ fill: FaithfulnessFill, of subject: Subject) throws(PellucidError) {
    image = subject.image
    background = subject.background
    switch fill {
    case .fill(let fill): kind = .occluder(try Occluder(fill, for: subject))
    case .road(let seed): kind = .road(Road(subject.image, seed: seed))
    }
  }

  /// The place filled.
  package func perturbation(_ place: Perturbation.Place) -> Perturbation {
    switch kind {
    case .occluder(let occluder): occluder.perturbation(place)
    case .road(let road): Perturbation(place, fill: road.values(filling: place))
    }
  }

  /// For each voxel, row-major D, H, W, whether the fill would change it.
  package func changes() -> [Bool] {
    switch kind {
    case .occluder(let occluder): return occluder.changes(image)
    case .road:
      let values = image.ordered(.channelsLast).values
      let channels = image.shape[1]
      return (0..<image.shape.voxels).map { voxel in
        (voxel * channels..<(voxel + 1) * channels).contains { values[$0] != background }
      }
    }
  }

  /// x − fill within a box, [1, C, D, H, W], channels last; elsewhere as it comes.
  package func change(in box: Box) -> Tensor {
    let fill: Perturbation.Fill =
      switch kind {
      case .occluder(let occluder): occluder.values
      case .road(let road): road.values(filling: .box(box))
      }
    let own = image.ordered(.channelsLast)
    return switch fill {
    case .value(let value): own.combined(.add, with: Tensor([-value], shape: Shape([1, 1, 1, 1, 1])))
    case .image(let other): own.combined(.subtract, with: other.ordered(.channelsLast))
    }
  }

  /// The image all filled.
  package func filledImage() -> Tensor {
    let whole = Perturbation.Place.box(Box(whole: image.shape.spatial))
    let fill: Perturbation.Fill =
      switch kind {
      case .occluder(let occluder): occluder.values
      case .road(let road): road.values(filling: whole)
      }
    return switch fill {
    case .value(let value): Tensor(repeating: value, shape: image.shape, order: .channelsLast)
    case .image(let other): other
    }
  }

  /// Bytes that a perturbation takes besides its voxels.
  package var bytesEach: Int {
    if case .road = kind { return 4 * image.count }
    return 0
  }
}
