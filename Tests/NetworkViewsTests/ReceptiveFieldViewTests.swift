import PellucidExplaining
import PellucidFaults
import PellucidNetworkViews
import PellucidNetworks
import PellucidOnnxFormat
import PellucidPreprocessing
import PellucidTensors
import PellucidVolumes
import TestSupport
import Testing

/// Fields of units: by the windows, by the gradient (PyTorch's, `make_views.py`), and answers to a ball.
@Suite struct ReceptiveFieldViewTests {
  @Test(arguments: [(1, [4, 5, 3], 0), (nil, [5, 5, 5], 1)])
  func `A unit's field at a scan is PyTorch's gradient`(channel: Int?, cell: [Int], expected: Int) throws {
    let subject = try explainer("fields").prepare(ScanReference(fixtures + "bright_0.nii.gz"))
    let network = subject.network
    let unit = try LayerUnit(LayerChoice("/third/Conv", in: network), channel: channel, cell: cell, in: network)
    let input = subject.prepared.input
    let field = try MeasuredField(of: unit, in: network, over: 1) { _ in input }
    let map = subject.inputWorld.volume(of: field.map)
    let reference = try volume("fields_expected")
    let count = reference.shape.count
    let values = Array(reference.voxels[(expected * count)..<((expected + 1) * count)])
    #expect(relativeError(map.voxels, values) < 1e-4)
    let largest = values.max() ?? 0
    let inside = values.filter { $0 >= 0.0455 * largest }.count
    #expect(field.voxels == inside)
    #expect(abs(field.size * field.size * field.size - Double(inside)) < 1e-6 * Double(inside))
    // By the windows: two 3³ convolutions at a step of 2 and one at a step of 1 in front of a pool of 2.
    let box = TheoreticalField(of: unit, in: network)
    #expect(box.size == [12, 12, 12])
    #expect(zip(field.box, box.box).allSatisfy { $1.contains($0.lowerBound) && $1.contains($0.upperBound) })
  }

  /// Of a sum over a window every voxel has the same gradient: the measured field is the box, and the same for every noise.
  @Test func `A linear layer's field is its window`() throws {
    var model = RowModel([9, 9, 9])
    model.add(
      "Conv", [([1, 1, 3, 3, 5], Array(repeating: 1, count: 45))], ["pads": .ints([1, 1, 2, 1, 1, 2])])
    model.add("Flatten")
    let network = try model.network()
    let unit = try LayerUnit(LayerChoice("Conv0", in: network), channel: 0, cell: [4, 4, 4], in: network)
    let field = try MeasuredField(of: unit, in: network, over: 3) { sample in
      var noise = Noise(seed: sample)
      return noise.tensor([1, 1, 9, 9, 9])
    }
    #expect(field.voxels == 45)
    #expect(field.box == [3...5, 3...5, 2...6])
    #expect(TheoreticalField(of: unit, in: network).box == field.box)
  }

  @Test func `A dead unit, a cell and a channel that are not there are refused in one line`() throws {
    var model = RowModel([4, 4, 4])
    model.add("Conv", [([2, 1, 1, 1, 1], [1, 1]), ([2], [0, -100])])
    model.add("Relu")
    model.add("Flatten")
    let network = try model.network()
    let layer = try LayerChoice("Relu1", in: network)
    let dead = try LayerUnit(layer, channel: 1, cell: nil, in: network)
    let failure = fault {
      _ = try MeasuredField(of: dead, in: network, over: 2) { sample in
        var noise = Noise(seed: sample)
        return noise.tensor([1, 1, 4, 4, 4])
      }
    }
    #expect(failure?.kind == .usage)
    #expect(failure?.line.contains("is dead") == true)
    #expect(
      fault { _ = try LayerUnit(layer, channel: 2, cell: nil, in: network) }?.line
        == "the layer Relu1 has no channel 2; they are 0 to 1")
    #expect(
      fault { _ = try LayerUnit(layer, channel: 0, cell: [0, 4, 0], in: network) }?.line
        == "the layer Relu1 has no cell 0,4,0; its cells are 0,0,0 to 3,3,3")
  }

  /// The response map is what one ball after the other answers, though balls share passes.
  @Test func `Balls that share a pass do not meet`() throws {
    var model = RowModel([16, 16, 16])
    var noise = Noise(seed: 3)
    model.add(
      "Conv", [([2, 1, 3, 3, 3], noise.values(54)), ([2], [0.1, -0.2])],
      ["pads": .ints([1, 1, 1, 1, 1, 1]), "strides": .ints([2, 2, 2])])
    model.add("Relu")
    model.add("Flatten")
    let network = try model.network()
    let world = try model.world(network)
    let image = noise.tensor([1, 1, 16, 16, 16])
    let layer = try LayerChoice("Relu1", in: network)
    let map = try ResponseMap(of: layer, radius: 1.2, contrast: 2, on: image, in: network, world: world)
    #expect(map.passes < 512)
    let part = try network.ending(at: layer.value)
    let still = try part.logits(image).values
    for cell in [[0, 0, 0], [3, 5, 2], [7, 7, 7]] {
      var values = image.values
      for d in 0..<16 {
        for h in 0..<16 {
          for w in 0..<16 {
            let r = zip([d, h, w], cell).reduce(0) { $0 + ($1.0 - 2 * $1.1) * ($1.0 - 2 * $1.1) }
            if Double(r) <= 1.44 { values[(d * 16 + h) * 16 + w] += 2 }
          }
        }
      }
      let answer = try part.logits(Tensor(values, shape: image.shape)).values
      for channel in 0..<2 {
        let place = ((channel * 8 + cell[0]) * 8 + cell[1]) * 8 + cell[2]
        #expect(abs(map.tensor.values[place] - (answer[place] - still[place])) < 1e-5)
      }
    }
  }
}
