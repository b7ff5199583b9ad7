import PellucidExplaining
import PellucidFaults
import PellucidFigures
import PellucidNetworkViews
import PellucidPreprocessing
import PellucidTensors
import PellucidVolumes
import TestSupport
import Testing

/// Layers' tensors and where their cells lie, against ONNX Runtime and the arithmetic of windows (`make_views.py`).
@Suite struct FeaturesTests {
  @Test(arguments: ["stored", "ras", "kji"], ["first", "second", "pool", "mean"])
  func `Tensors are ONNX Runtime's, and every cell lies at the centre of what it sees`(
    card: String, layer: String
  ) throws {
    let subject = try explainer("grids", card: "grids_\(card)").prepare(ScanReference(fixtures + "grids_scan.nii.gz"))
    let node = ["first": "Conv", "second": "Conv", "pool": "MaxPool", "mean": "AveragePool"][layer] ?? ""
    let features = try FeatureMaps(
      of: LayerChoice("/\(layer)/\(node)", in: subject.network), .all, in: subject)
    let expected = try volume("grids_\(card)_\(layer)")
    #expect(features.volume.shape == expected.shape)
    #expect(features.volume.channels == expected.channels)
    #expect(relativeError(features.volume.voxels, expected.voxels) < 1e-5)
    #expect(distance(features.volume.affine, expected.affine) < 1e-4)
  }

  @Test func `Channels are chosen by number or by strength, and one that is not there is refused`() throws {
    let subject = try explainer("grids", card: "grids_ras").prepare(ScanReference(fixtures + "grids_scan.nii.gz"))
    let layer = try LayerChoice("/Relu", in: subject.network)
    let all = try FeatureMaps(of: layer, .all, in: subject)
    let two = try FeatureMaps(of: layer, try ChannelChoice(parsing: "2,0"), in: subject)
    let count = all.volume.shape.count
    #expect(two.chosen == [2, 0])
    #expect(Array(two.volume.voxels[..<count]) == Array(all.volume.voxels[(2 * count)...]))
    let best = try FeatureMaps(of: layer, try ChannelChoice(parsing: "top:1"), in: subject)
    let strengths = all.channels.map(\.strength)
    #expect(best.chosen == [strengths.firstIndex(of: strengths.max() ?? 0) ?? -1])
    let failure = fault { _ = try FeatureMaps(of: layer, .list([3]), in: subject) }
    #expect(failure?.line == "the layer /Relu has no channel 3; they are 0 to 2")
    #expect(fault { _ = try ChannelChoice(parsing: "top:0") }?.kind == .usage)
    #expect(
      fault { _ = try LayerChoice("/Relo", in: subject.network) }?.line
        == "the model has no layer /Relo; did you mean /Relu?")
  }

  /// A bright ball in a scan: what a chain of sums over windows makes of it must lie where the ball is, whatever the card does.
  @Test(arguments: [
    "input: {}", "input:\n  orientation: LPS", "input:\n  spacing: [1.7, 2.1, 1.3]",
    "input:\n  orientation: PIR\n  spacing: [1.5, 1.5, 1.5]\n  shape: [44, 40, 36]", "input:\n  axes: kji",
  ])
  func `A ball in the world is seen where it is`(card: String) throws {
    let folder = try TemporaryFolder()
    var affine = Affine.identity
    for (index, value) in [-1.2, 0.3, 0, 25, 0.2, 1.6, 0.1, -30, 0, -0.1, 2, -31].enumerated() {
      affine[index / 4, index % 4] = value
    }
    let shape = GridShape(i: 40, j: 36, k: 30)
    let ball = affine.worldPoint(i: 19.3, j: 17.6, k: 14.2)
    var scan = Volume(shape: shape, voxels: Array(repeating: 0, count: shape.count), affine: affine)
    for k in 0..<shape.k {
      for j in 0..<shape.j {
        for i in 0..<shape.i {
          let p = affine.worldPoint(i: Double(i), j: Double(j), k: Double(k))
          let r = (p.x - ball.x) * (p.x - ball.x) + (p.y - ball.y) * (p.y - ball.y) + (p.z - ball.z) * (p.z - ball.z)
          // (1 − r²/R²)², smooth and 0 from R = 9 mm on.
          let part = max(0, 1 - r / 81)
          scan[VoxelIndex(i: i, j: j, k: k)] = Float(part * part)
        }
      }
    }
    try scan.write(to: folder.path("ball.nii.gz"))
    try folder.write("card.yaml", card + "\n")
    let maker = Explainer(try Classifier(model: fixtures + "blob.onnx", card: folder.path("card.yaml")))
    let subject = try maker.prepare(ScanReference(folder.path("ball.nii.gz")))
    for layer in ["/first/Conv", "/second/Conv", "/AveragePool"] {
      let seen = try FeatureMaps(of: LayerChoice(layer, in: subject.network), .all, in: subject).volume
      var (sum, x, y, z) = (0.0, 0.0, 0.0, 0.0)
      for k in 0..<seen.shape.k {
        for j in 0..<seen.shape.j {
          for i in 0..<seen.shape.i {
            let value = Double(seen[VoxelIndex(i: i, j: j, k: k)])
            let p = seen.affine.worldPoint(i: Double(i), j: Double(j), k: Double(k))
            (sum, x, y, z) = (sum + value, x + value * p.x, y + value * p.y, z + value * p.z)
          }
        }
      }
      let off = ((x / sum - ball.x), (y / sum - ball.y), (z / sum - ball.z))
      #expect(max(abs(off.0), abs(off.1), abs(off.2)) < 0.1, "\(layer): off by \(off) mm")
    }
  }

  @Test func `Channel separation gives each place the hue of the channel that is active there`() throws {
    let subject = try explainer("grids", card: "grids_ras").prepare(ScanReference(fixtures + "grids_scan.nii.gz"))
    let features = try FeatureMaps(of: LayerChoice("/Relu", in: subject.network), .all, in: subject)
    let separation = try #require(ChannelSeparation(of: features, most: 3, in: subject))
    let hues = separation.colours
    #expect(Set(hues).count == separation.channels.count)
    #expect(separation.volume.shape == subject.anatomy.shape)
    #expect(distance(separation.volume.affine, subject.anatomy.affine) < 1e-9)
    #expect(separation.volume.voxels.allSatisfy { (0...1).contains($0) })
    // A channel alone has its own hue alone.
    let alone = try FeatureMaps(of: LayerChoice("/Relu", in: subject.network), .list([1]), in: subject)
    let one = try #require(ChannelSeparation(of: alone, most: 3, in: subject))
    let count = one.volume.shape.count
    #expect(one.volume.voxels[count...].allSatisfy { $0 == 0 })
    #expect(one.volume.voxels[..<count].contains { $0 > 0.5 })
  }
}
