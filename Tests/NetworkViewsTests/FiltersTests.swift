import PellucidExplaining
import PellucidFaults
import PellucidNetworkViews
import PellucidNetworks
import PellucidOnnxFormat
import PellucidTensors
import PellucidVolumes
import TestSupport
import Testing

/// Weights as the file has them, and those of dense layers laid back on the map that they read.
@Suite struct FiltersTests {
  private func model() -> RowModel {
    var model = RowModel([6, 7, 8])
    var noise = Noise(seed: 5)
    model.add("Conv", [([3, 1, 2, 3, 1], noise.values(18)), ([3], noise.values(3))])
    model.add("Relu")
    // [1, 3, 5, 5, 8] → 600 values.
    model.add("Flatten")
    var head = noise.values(1200)
    head[600 + 2 * 200 + (3 * 5 + 1) * 8 + 6] = 9
    model.add("Gemm", [([2, 600], head), ([2], [0.3, -0.4])], ["transB": .int(1)])
    return model
  }

  @Test func `Kernels are the file's, a volume an output channel`() throws {
    let model = model()
    let network = try model.network()
    let filters = try Filters(of: LayerChoice("Conv0", in: network), in: network, world: model.world(network))
    #expect(filters.kind == .kernels)
    #expect(filters.volume.shape == GridShape(i: 2, j: 3, k: 1))
    #expect(filters.volume.channels == 3)
    guard case .floats(let stored)? = model.initializers["Conv0_0"]?.values else { throw CancellationError() }
    for output in 0..<3 {
      for d in 0..<2 {
        for h in 0..<3 {
          #expect(filters.volume[VoxelIndex(i: d, j: h, k: 0), output] == stored[output * 6 + d * 3 + h])
        }
      }
    }
    #expect(Set(filters.order) == [0, 1, 2])
  }

  /// A weight planted in the flattened row is found at the cell and channel that it belongs to.
  @Test func `A dense layer's weights lie on the map before the flattening`() throws {
    let model = model()
    let network = try model.network()
    let layer = try LayerChoice("Gemm3", in: network)
    let filters = try Filters(of: layer, in: network, world: model.world(network))
    #expect(filters.kind == .map)
    #expect(filters.map?.layer.tensor == "Relu1_out")
    #expect(filters.volume.shape == GridShape(i: 5, j: 5, k: 8))
    #expect(filters.volume.channels == 6)
    // Unit 1, channel 2, at cell (3, 1, 6).
    let peak = filters.volume.voxels.firstIndex(of: 9)
    #expect(peak == 5 * 200 + GridShape(i: 5, j: 5, k: 8).offset(of: VoxelIndex(i: 3, j: 1, k: 6)))
    // What the cells add, and the bias, are the unit's value.
    var noise = Noise(seed: 9)
    let image = noise.tensor([1, 1, 6, 7, 8])
    let map = try network.ending(at: try #require(filters.map).layer.value).logits(image)
    let shape = network.imported.shape(of: try #require(filters.map).layer.value)
    let evidence = try #require(filters.evidence(of: Tensor(map.values, shape: shape)))
    let logits = try network.logits(image).values
    for unit in 0..<2 {
      let sum = evidence.voxels[(unit * 200)..<((unit + 1) * 200)].reduce(0.0) { $0 + Double($1) }
      #expect(abs(sum + [0.3, -0.4][unit] - Double(logits[unit])) < 1e-4)
    }
  }

  @Test func `Kernels that resemble each other stand side by side, and a layer without weights is refused`() throws {
    var model = RowModel([4, 4, 4])
    model.add("Conv", [([4, 1, 1, 1, 2], [3, 0, 0, 2, 2.9, 0.1, 0.1, 1.9])])
    model.add("Relu")
    model.add("Flatten")
    let network = try model.network()
    let world = try model.world(network)
    #expect(try Filters(of: LayerChoice("Conv0", in: network), in: network, world: world).order == [0, 2, 3, 1])
    let failure = fault { _ = try Filters(of: LayerChoice("Relu1", in: network), in: network, world: world) }
    #expect(failure?.line == "the layer Relu1 has no filters: it is made by Relu; those that have are Conv0_out")
  }

  @Test func `Units that a scan never opens are dead`() throws {
    let subject = try explainer("fields").prepare(ScanReference(fixtures + "bright_0.nii.gz"))
    var activity = try UnitActivity(of: LayerChoice("/first/Conv", in: subject.network), in: subject.network)
    try activity.add(subject)
    #expect(activity.isRectified)
    let maps = try FeatureMaps(of: LayerChoice("/Relu", in: subject.network), .all, in: subject)
    #expect(activity.dead == maps.silent)
    #expect(activity.units.map(\.high) == maps.channels.map(\.high))
  }
}
