import PellucidExplaining
import PellucidNetworkViews
import PellucidNetworks
import PellucidVolumes
import TestSupport
import Testing

/// One of eight filters is a hook (`make_planted_filter.py`): `features` and `filters` find it, and not in twins of permuted weights.
@Suite struct PlantedFilterTests {
  private static let planted = 3
  private static let edge = 5
  private static let shape = GridShape(i: 20, j: 18, k: 22)

  /// The kernel, D, H, W, the last fastest: mean 0, norm 1.
  private static let hook: [Float] = {
    let path = [
      (0, 2, 2), (1, 2, 2), (2, 2, 2), (3, 2, 2), (4, 2, 2), (4, 3, 2), (4, 4, 2), (4, 4, 3), (4, 4, 4),
    ]
    var values = [Double](repeating: -9.0 / 125, count: 125)
    for (d, h, w) in path { values[25 * d + 5 * h + w] += 1 }
    let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return values.map { Float($0 / norm) }
  }()

  /// Noise, with the hook's first corner at a cell (d, h, w), or without.
  private func scan(_ place: (Int, Int, Int)?, seed: Int, in explainer: Explainer) throws -> Explainer.Case {
    var noise = Noise(seed: 7919 * (seed + 1900))
    var voxels = noise.values(Self.shape.count).map { 0.8 * $0 }
    if let place {
      for (at, value) in Self.hook.enumerated() {
        let voxel = VoxelIndex(i: place.0 + at / 25, j: place.1 + at / 5 % 5, k: place.2 + at % 5)
        voxels[Self.shape.offset(of: voxel)] += 10 * value
      }
    }
    let affine = Affine(elements: [2, 0, 0, -19, 0, 1.5, 0, -11, 0, 0, 2, 7])
    let folder = try TemporaryFolder()
    let image = Volume(shape: Self.shape, voxels: voxels, affine: affine)
    return try withExtendedLifetime(folder) {
      try explainer.prepare(try Planted.write([image], to: folder, as: "scan")[0])
    }
  }

  private func twins(of explainer: Explainer) throws -> [Explainer] {
    let layer = try #require(explainer.classifier.model.weightedLayers.first)
    return try (0..<4).map { try explainer.randomizing([layer], seed: $0) }
  }

  /// The largest cosine of a kernel and the hook, and whose it is.
  private func match(_ explainer: Explainer) throws -> (channel: Int, cosine: Double, filters: Filters) {
    let network = try explainer.classifier.network()
    let world = try InputWorld(of: network, card: explainer.classifier.card)
    let filters = try Filters(of: LayerChoice("conv", in: network), in: network, world: world)
    let cosines = (0..<filters.outputCount).map { channel -> Double in
      var (product, norm) = (0.0, 0.0)
      for (at, value) in Self.hook.enumerated() {
        let weight = Double(filters.volume[VoxelIndex(i: at / 25, j: at / 5 % 5, k: at % 5), channel])
        (product, norm) = (product + weight * Double(value), norm + weight * weight)
      }
      return product / norm.squareRoot()
    }
    let best = cosines.indices.max { cosines[$0] < cosines[$1] } ?? 0
    return (best, cosines[best], filters)
  }

  @Test(arguments: [(3, 9, 12), (11, 2, 6), (14, 12, 16)])
  func `features finds the channel that answers to the hook, and where it is`(place: (Int, Int, Int)) throws {
    let explainer = try explainer("planted_filter")
    let subject = try scan(place, seed: place.0, in: explainer)
    let strongest = try ChannelChoice(parsing: "top:1")
    let found = try FeatureMaps(of: LayerChoice("relu", in: subject.network), strongest, in: subject)
    #expect(found.chosen == [Self.planted])
    let channel = found.channels[Self.planted]
    #expect(channel.peak == VoxelIndex(i: place.0, j: place.1, k: place.2))
    #expect(channel.high > 2.5)
    // The cell lies where the middle of the hook's box does.
    let (seen, wanted) = (
      found.grid.affine.worldPoint(of: channel.peak),
      subject.anatomy.affine.worldPoint(i: Double(place.0 + 2), j: Double(place.1 + 2), k: Double(place.2 + 2))
    )
    #expect(max(abs(seen.x - wanted.x), abs(seen.y - wanted.y), abs(seen.z - wanted.z)) < 1e-4)
    for (seed, twin) in try twins(of: explainer).enumerated() {
      let subject = try scan(place, seed: place.0, in: twin)
      let maps = try FeatureMaps(of: LayerChoice("relu", in: subject.network), .all, in: subject)
      let most = maps.channels.map(\.high).max() ?? 0
      #expect(most < 0.3 * channel.high, "twin \(seed): \(most)")
    }
  }

  @Test func `filters shows the hook among the kernels, and no twin has it`() throws {
    let explainer = try explainer("planted_filter")
    let found = try match(explainer)
    #expect(found.channel == Self.planted)
    #expect(found.cosine > 0.99999)
    #expect(found.filters.volume.shape == GridShape(i: Self.edge, j: Self.edge, k: Self.edge))
    for twin in try twins(of: explainer) {
      let cosine = try match(twin).cosine
      #expect(cosine < 0.5, "\(cosine)")
    }
  }

  @Test func `the only unit alive over held-out scans is the hook's`() throws {
    func dead(_ explainer: Explainer, hooked: Bool) throws -> [Int] {
      let network = try explainer.classifier.network()
      var activity = try UnitActivity(of: LayerChoice("conv", in: network), in: network)
      for (seed, place) in [(1, 2, 3), (9, 9, 9), (15, 4, 11)].enumerated() {
        try activity.add(try scan(hooked ? place : nil, seed: 40 + seed, in: explainer))
      }
      return activity.dead
    }
    let explainer = try explainer("planted_filter")
    let all = Array(0..<8)
    #expect(try dead(explainer, hooked: true) == all.filter { $0 != Self.planted })
    #expect(try dead(explainer, hooked: false) == all)
    for twin in try twins(of: explainer) { #expect(try dead(twin, hooked: true) == all) }
  }
}
