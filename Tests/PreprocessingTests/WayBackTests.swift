import PellucidFaults
import PellucidModelCards
import PellucidPreprocessing
import PellucidTensors
import PellucidVolumes
import Testing

@Suite struct `A map comes back to the scan` {
  struct Turns: Decodable {
    struct Turn: Decodable {
      var codes, axes: String
      var shape: [Int]
      var tensor: [Float]
      var modelAffine: [Double]
    }
    var shape: [Int]
    var affine: [Double]
    var cases: [Turn]
  }

  @Test func `All 48 orientations, cropped and padded, even and odd, go and come back bit for bit`() throws {
    let turns: Turns = try fixture("orientations.json")
    #expect(turns.cases.count == 96)
    let shape = GridShape(turns.shape)
    let space = SpaceRecord(qformCode: 1, sformCode: 4, qformAffine: .identity, units: 10)
    let scan = Volume(
      shape: shape, voxels: (1...shape.count).map(Float.init), affine: Affine(elements: turns.affine), space: space,
      source: "scan.nii.gz")
    for turn in turns.cases {
      let card = try ModelCard(
        yaml: "input: {orientation: \(turn.codes), axes: \(turn.axes), shape: \(turn.shape)}", file: "m.yaml")
      let axes = card.input.axes.voxelAxes
      let preprocessor = try Preprocessor(
        card: card, hasCard: true, input: InputGeometry(channels: 1, spatial: axes.map { turn.shape[$0] }),
        modelName: "m.onnx")
      let prepared = try preprocessor.prepare([scan])
      #expect(prepared.input.values == turn.tensor, "\(turn.codes) \(turn.axes) \(turn.shape)")
      #expect(worst(prepared.modelAffine.elements, turn.modelAffine) < 1e-12)
      // The input itself as a map: every voxel that the model sees comes back to its place, the others are 0.
      let seen = Set(turn.tensor)
      for (extensive, interpolation) in [
        (true, Interpolation.linear), (false, .linear), (false, .nearest), (true, .nearest),
      ] {
        let map = prepared.path.back(prepared.input, interpolation: interpolation, extensive: extensive)
        #expect(
          map.voxels == scan.voxels.map { seen.contains($0) ? $0 : 0 }, "\(turn.codes) \(turn.axes) \(turn.shape)")
        #expect(map.affine == scan.affine && map.space == space && map.shape == shape)
      }
    }
  }

  @Test(arguments: Case.all.filter { $0.relevance != nil })
  func `Values of places are scipy's`(_ test: Case) throws {
    let prepared = try test.prepared()
    for (interpolation, wanted) in [(Interpolation.linear, test.linear), (.nearest, test.nearest)] {
      let back = try prepared.path.back(test.map(), interpolation: interpolation, extensive: false)
      let (difference, place) = try worst(back.voxels, #require(wanted))
      #expect(difference <= (test.resampled && interpolation == .linear ? 2e-6 : 0), "\(interpolation) \(place)")
      #expect(back.affine == test.scan.affine && back.space == test.scan.space)
    }
  }

  @Test(arguments: Case.all.filter { $0.shared != nil })
  func `Extensive maps keep their sum and follow the density`(_ test: Case) throws {
    let prepared = try test.prepared()
    for interpolation in [Interpolation.linear, .nearest] {
      let back = try prepared.path.back(test.map(), interpolation: interpolation, extensive: true)
      let magnitude = back.voxels.reduce(0.0) { $0 + Double(abs($1)) }
      let sum = back.voxels.reduce(0.0) { $0 + Double($1) }
      #expect(try abs(sum - #require(test.filledSum)) < 1e-6 * magnitude)
    }
    let back = try prepared.path.back(test.map(), extensive: true)
    let wanted = try #require(test.shared)
    // The fixture's values are averages over 40 places an axis, which a border inside a voxel puts off by up to 1 %.
    let (difference, place) = worst(back.voxels, wanted)
    #expect(difference < 0.01 * (wanted.map(abs).max() ?? 1), "\(place)")
  }

  @Test(arguments: [
    "input: {spacing: 2}", "input: {spacing: [0.7, 1.9, 3]}", "input: {spacing: [0.31, 1, 1.3], axes: kji}",
  ])
  func `An even density stays even, and its sum is kept`(_ yaml: String) throws {
    let preprocessor = try Preprocessor(
      card: try ModelCard(yaml: yaml, file: "m.yaml"), hasCard: true,
      input: InputGeometry(channels: 1, spatial: [nil, nil, nil]), modelName: "m.onnx")
    let prepared = try preprocessor.prepare([counting([16, 14, 18])])
    let ones = Tensor(repeating: 1, shape: prepared.input.shape)
    let back = prepared.path.back(ones, extensive: true)
    let sum = back.voxels.reduce(0.0) { $0 + Double($1) }
    #expect(abs(sum / Double(ones.count) - 1) < 1e-6)
    let wanted = Float(1 / prepared.modelAffine.determinant)
    for i in 3..<13 {
      for k in 3..<15 { #expect(abs(back[VoxelIndex(i: i, j: 7, k: k)] / wanted - 1) < 1e-5) }
    }
  }

  @Test func `On the model's grid nothing is interpolated`() throws {
    let test = try #require(Case.all.first { $0.name == "oblique, turned, resampled, cropped and padded" })
    let prepared = try test.prepared()
    let map = try test.map()
    let volume = prepared.path.back(map, extensive: false, onModelGrid: true)
    #expect(volume.shape == prepared.modelShape && volume.affine == prepared.modelAffine)
    // axes: kji, so the tensor's memory is the volume's.
    #expect(volume.voxels == map.values)
  }

  @Test func `Channels come back one by one or summed, from either memory order`() throws {
    let preprocessor = try Preprocessor(
      card: .default, hasCard: false, input: InputGeometry(channels: 2, spatial: [3, 4, 5]), modelName: "m.onnx")
    let scan = counting([3, 4, 5], channels: 2)
    let prepared = try preprocessor.prepare([scan])
    for order in [MemoryOrder.rowMajor, .channelsLast] {
      let map = prepared.input.ordered(order)
      #expect(prepared.path.back(map, extensive: true).voxels == scan.voxels)
      let sum = prepared.path.back(map, extensive: true, channels: .sum)
      #expect(sum.channels == 1 && sum.voxels == (0..<60).map { scan.voxels[$0] + scan.voxels[$0 + 60] })
    }
  }

  @Test func `Labels of the model's grid take the tensor's order`() throws {
    for (axes, spatial) in [("ijk", [3, 4, 5]), ("kji", [5, 4, 3]), ("jki", [4, 5, 3])] {
      let preprocessor = try Preprocessor(
        card: try ModelCard(yaml: "input: {axes: \(axes)}", file: "m.yaml"), hasCard: true,
        input: InputGeometry(channels: 1, spatial: spatial), modelName: "m.onnx")
      let prepared = try preprocessor.prepare([counting([3, 4, 5])])
      let labels = prepared.path.modelLabels { shape, affine in
        #expect(shape == GridShape(i: 3, j: 4, k: 5) && affine == counting([3, 4, 5]).affine)
        return (0..<60).map { Int32($0 + 1) }
      }
      #expect(labels.map(Float.init) == prepared.input.values)
    }
  }

  @Test func `Padding has no label`() throws {
    let preprocessor = try Preprocessor(
      card: try ModelCard(yaml: "input: {shape: [6, 2, 7], axes: kji}", file: "m.yaml"), hasCard: true,
      input: InputGeometry(channels: 1, spatial: [7, 2, 6]), modelName: "m.onnx")
    let prepared = try preprocessor.prepare([counting([3, 4, 5])])
    let labels = prepared.path.modelLabels { shape, _ in Array(repeating: 7, count: shape.count) }
    // The scan's values start at 1; the background is 0.
    #expect(labels == prepared.input.values.map { $0 == 0 ? 0 : 7 })
    #expect(labels.count { $0 != 0 } == 3 * 2 * 5)
  }
}
