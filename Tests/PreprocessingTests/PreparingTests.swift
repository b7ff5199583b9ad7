import PellucidFaults
import PellucidModelCards
import PellucidPreprocessing
import PellucidTensors
import PellucidVolumes
import Testing

@Suite struct `A scan becomes the model's input` {
  @Test func `There are cases`() { #expect(Case.all.count == 21) }

  @Test(arguments: Case.all)
  func `Values are those of nibabel, scipy and MONAI`(_ test: Case) throws {
    let prepared = try test.prepared()
    #expect(prepared.input.shape == Shape([1, test.shape[3]] + test.spatial))
    #expect(prepared.input.order == .rowMajor)
    let scale = test.tensor.map(abs).max() ?? 1
    let tolerance: Float = test.card.contains("normalization") || test.resampled ? 2e-6 * max(1, scale) : 0
    let (difference, place) = worst(prepared.input.values, test.tensor)
    #expect(difference <= tolerance, "\(place)")
    #expect(prepared.modelShape == GridShape(test.modelShape))
    #expect(worst(prepared.modelAffine.elements, test.modelAffine) < 1e-9)
  }

  @Test func `Symbolic extents take the scan's own`() throws {
    let card = try ModelCard(yaml: "input: {spacing: 2, axes: kji}", file: "m.yaml")
    let preprocessor = try Preprocessor(
      card: card, hasCard: true, input: InputGeometry(channels: 1, spatial: [nil, 9, nil]), modelName: "m.onnx")
    let prepared = try preprocessor.prepare([counting([10, 11, 13])])
    #expect(prepared.input.shape == Shape([1, 1, 7, 9, 5]))
  }

  @Test func `Joined files are channels`() throws {
    let scans = [counting([3, 4, 5], source: "t1.nii.gz"), counting([3, 4, 5], channels: 2, source: "gm.nii.gz")]
    let preprocessor = try Preprocessor(
      card: .default, hasCard: false, input: InputGeometry(channels: 3, spatial: [3, 4, 5]), modelName: "m.onnx")
    let values = try preprocessor.prepare(scans).input.values
    #expect(values.count == 180 && values[0] == 1 && values[60] == 1 && values[120] == 61)
  }

  @Test func `Spacings of the header's precision are no resampling`() throws {
    var scan = counting([7, 6, 5])
    scan.affine[0, 0] = 1.000_000_2
    scan.affine[1, 1] = 0.999_99
    let card = try ModelCard(yaml: "input: {spacing: [1, 1, 1]}", file: "m.yaml")
    let preprocessor = try Preprocessor(
      card: card, hasCard: true, input: InputGeometry(channels: 1, spatial: [nil, nil, nil]), modelName: "m.onnx")
    let prepared = try preprocessor.prepare([scan])
    #expect(!prepared.path.isResampled && prepared.notes.isEmpty)
    #expect(prepared.modelAffine == scan.affine)
  }

  @Test func `Images that cannot be scaled are noted`() throws {
    func notes(_ card: String, _ value: Float) throws -> (values: [Float], notes: [Note]) {
      let scan = Volume(
        shape: GridShape(i: 2, j: 2, k: 2), voxels: [Float](repeating: value, count: 8), affine: .identity,
        source: "flat.nii")
      let preprocessor = try Preprocessor(
        card: try ModelCard(yaml: card, file: "m.yaml"), hasCard: true,
        input: InputGeometry(channels: 1, spatial: [2, 2, 2]), modelName: "m.onnx")
      let prepared = try preprocessor.prepare([scan])
      return (prepared.input.values, prepared.notes)
    }
    for rule in ["zscore", "minmax", "{percentile: [1, 99]}"] {
      let (values, notes) = try notes("input: {normalization: \(rule)}", 3.7)
      #expect(notes.count == 1 && values.allSatisfy { abs($0) < 1e-6 }, "\(rule): \(values) \(notes)")
    }
    let (values, empty) = try notes("input: {normalization: zscore, mask: nonzero}", 0)
    #expect(empty.count == 1 && values.allSatisfy { $0 == 0 })
  }

  @Test func `Volumes of statistics meet the scan in the world`() throws {
    // mean = 100 + x − 2y + z/2, std = 10 + x/4 + z/2 over x −4…2, y −5…1, z −3…3 mm: linear, so exact between voxels.
    let card = try ModelCard(
      yaml: "input: {normalization: {mean: mean.nii.gz, std: std.nii.gz}, background: -7}",
      file: "\(fixtures)/model.yaml")
    let preprocessor = try Preprocessor(
      card: card, hasCard: true, input: InputGeometry(channels: 1, spatial: [9, 9, 9]), modelName: "m.onnx")
    let shape = GridShape(i: 9, j: 9, k: 9)
    let affine = Affine(elements: [-1, 0, 0, 4, 0, 1, 0, -5, 0, 0, 1, -3])
    let scan = Volume(shape: shape, voxels: (0..<729).map { Float($0 % 50) }, affine: affine, source: "scan.nii.gz")
    let prepared = try preprocessor.prepare([scan])
    let values = prepared.input.values
    for (i, j, k) in [(4, 3, 2), (2, 6, 6), (8, 0, 0), (7, 5, 1)] {
      let (x, y, z) = (4 - Double(i), Double(j) - 5, Double(k) - 3)
      let voxel = Double(scan[VoxelIndex(i: i, j: j, k: k)])
      let wanted = (voxel - (100 + x - 2 * y + z / 2)) / (10 + x / 4 + z / 2)
      #expect(abs(Double(values[k + 9 * (j + 9 * i)]) - wanted) < 1e-5)
    }
    #expect(values[0] == -7)  // x = 4 mm lies outside
    #expect(prepared.notes.contains { $0.what.hasPrefix("386 of 729 voxels") }, "\(prepared.notes)")
  }
}
