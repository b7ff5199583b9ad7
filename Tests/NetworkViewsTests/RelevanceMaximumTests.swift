import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidNetworkViews
import PellucidTables
import PellucidVolumes
import TestSupport
import Testing

/// The places in scans that a channel is most relevant for, cut out.
@Suite struct `Places of relevance` {
  /// Blocks of 3³ voxels around these, as bright as this, in a little noise; at the border fewer windows see them.
  private static let blocks: [(at: (Int, Int, Int), bright: Float)] = [
    ((3, 5, 4), 1), ((6, 2, 1), 9), ((1, 1, 6), 5),
  ]

  private static func scan(_ place: Int) -> Volume {
    var noise = Noise(seed: 7919 * (place + 77))
    let values = noise.values(512)
    let (at, bright) = blocks[place]
    return Planted.volume { i, j, k in
      let isIn = abs(i - at.0) < 2 && abs(j - at.1) < 2 && abs(k - at.2) < 2
      return (isIn ? bright : 0) + 0.01 * values[i + 8 * (j + 8 * k)]
    }
  }

  @Test func `are the blocks that were planted, the brightest first, with what the cell sees of them`() throws {
    let folder = try TemporaryFolder()
    let volumes = (0..<3).map(Self.scan)
    let scans = try Planted.write(volumes, to: folder, as: "scan")
    let explainer = try Planted.explainer("planted_study.onnx", target: "1")
    let method = try RelevancePropagation()
    let channels = try scans.map { scan in
      let subject = try explainer.prepare(scan)
      return try ChannelRelevance(
        at: "relu", of: subject, try explainer.question(for: subject), in: explainer, by: method
      ).channels
    }
    let references = RelevanceMaximum.references(channels, of: [0], count: 3)
    #expect(references.map(\.scan) == [1, 2, 0])
    let report = RelevanceMaximumReport(references, among: scans, layer: "relu", by: method)
    #expect(report.hasPlaces)
    let writer = try ViewWriter(folder: folder.path("out"), name: "relmax_relu")
    #expect(try report.write(into: writer, in: explainer, progress: SilentProgress()).isEmpty)
    try writer.commit()
    #expect(
      folder.listing("out") == [
        "relmax_relu.png", "relmax_relu.tsv", "relmax_relu_channel-0.nii.gz", "relmax_relu_channel-0_relevance.nii.gz",
      ])
    let table = try Table(contentsOf: folder.path("out/relmax_relu.tsv"))
    let crops = try Volume(contentsOf: folder.path("out/relmax_relu_channel-0.nii.gz"))
    let relevance = try Volume(contentsOf: folder.path("out/relmax_relu_channel-0_relevance.nii.gz"))
    #expect(crops.shape == GridShape(i: 3, j: 3, k: 3) && crops.channels == 3)
    // The middle of all crops is the origin, on axes along the scans'.
    #expect(distance(crops.affine, Affine(elements: [1, 0, 0, -1, 0, 1, 0, -1, 0, 0, 1, -1])) < 1e-6)
    for (rank, scan) in [1, 2, 0].enumerated() {
      let at = Self.blocks[scan].at
      let peak = try ["peak_x", "peak_y", "peak_z"].map { try table.numbers($0)[rank] ?? .nan }
      #expect(peak == [at.0, at.1, at.2].map { Double($0 - 4) })
      for k in 0..<3 {
        for j in 0..<3 {
          for i in 0..<3 {
            let voxel = VoxelIndex(i: at.0 + i - 1, j: at.1 + j - 1, k: at.2 + k - 1)
            #expect(crops[VoxelIndex(i: i, j: j, k: k), rank] == volumes[scan][voxel])
          }
        }
      }
      #expect(relevance.voxels[(27 * rank)..<(27 * rank + 27)].allSatisfy { $0 > 0 })
    }
  }

  @Test func `are none of a layer without places, which has a table alone`() throws {
    let folder = try TemporaryFolder()
    let scans = try Planted.write((0..<2).map(Self.scan), to: folder, as: "scan")
    let explainer = try Planted.explainer("planted_study.onnx", target: "1")
    let method = try RelevancePropagation()
    let channels = try scans.map { scan in
      let subject = try explainer.prepare(scan)
      return try ChannelRelevance(
        at: "pool", of: subject, try explainer.question(for: subject), in: explainer, by: method
      ).channels
    }
    let references = RelevanceMaximum.references(channels, of: [0], count: 2)
    let report = RelevanceMaximumReport(references, among: scans, layer: "pool", by: method)
    #expect(!report.hasPlaces && references.count == 2)
    let writer = try ViewWriter(folder: folder.path("out"), name: "relmax_pool")
    _ = try report.write(into: writer, in: explainer, progress: SilentProgress())
    try writer.commit()
    #expect(folder.listing("out") == ["relmax_pool.tsv"])
  }
}
