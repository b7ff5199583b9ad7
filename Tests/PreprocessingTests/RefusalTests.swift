import PellucidFaults
import PellucidModelCards
import PellucidPreprocessing
import PellucidVolumes
import Testing

@Suite struct `Scans that do not fit are refused in one line` {
  private func line(
    _ scans: [Volume], card: String? = nil, channels: Int = 1, spatial: [Int?] = [3, 4, 5]
  ) throws -> String? {
    fault {
      let preprocessor = try Preprocessor(
        card: try card.map { try ModelCard(yaml: $0, file: "cards/net.yaml") } ?? .default, hasCard: card != nil,
        input: InputGeometry(channels: channels, spatial: spatial), modelName: "net.onnx")
      _ = try preprocessor.prepare(scans)
    }.map { "\($0.kind): \($0.line)" }
  }

  @Test func `Another size without a card`() throws {
    #expect(
      try line([counting([3, 4, 6])])
        == "badData: scan.nii.gz: the scan does not fit the model: it has 3 × 4 × 6 voxels, net.onnx takes 3 × 4 × 5 and has no card "
        + "that says how to bring one to the other; write a card beside the model with input.shape (crop or pad) or input.spacing "
        + "(resample), or resample the scan")
  }

  @Test func `Another size with a card that does not say how`() throws {
    for card in ["", "output: {classes: [CN, AD]}", "input: {normalization: zscore}"] {
      #expect(
        try line([counting([3, 4, 6])], card: card)
          == "badData: scan.nii.gz: the scan does not fit the model: it has 3 × 4 × 6 voxels, net.onnx takes 3 × 4 × 5 and "
          + "cards/net.yaml does not say how to bring one to the other; give the card input.shape (crop or pad) or input.spacing "
          + "(resample), or resample the scan")
    }
    // Turned to the card's orientation it fits; or the card says what to do.
    #expect(try line([counting([4, 3, 5])], card: "input: {orientation: ARS}") == nil)
    #expect(
      try line([counting([3, 4, 5])], card: "input: {orientation: ARS}")?.contains("it has 4 × 3 × 5 voxels") == true)
    #expect(try line([counting([3, 4, 6])], card: "input: {shape: [3, 4, 5]}") == nil)
    #expect(try line([counting([3, 4, 6])], card: "input: {spacing: 1}") == nil)
  }

  @Test func `A series for a model of one channel, and the reverse`() throws {
    #expect(
      try line([counting([3, 4, 5], channels: 4)])
        == "badData: scan.nii.gz: the number of channels does not fit the model: net.onnx takes 1 channel, the image holds 4; "
        + "give one 3D image, such as one volume of the series")
    #expect(
      try line([counting([3, 4, 5])], channels: 2)
        == "badData: scan.nii.gz: the number of channels does not fit the model: net.onnx takes 2 channels, the image is one volume; "
        + "give a 4D image of 2 volumes, or join the files with +")
  }

  @Test func `Files on different grids`() throws {
    var moved = counting([3, 4, 5], source: "gm.nii.gz")
    moved.affine[2, 3] += 2.5
    #expect(
      try line([counting([3, 4, 5]), moved], channels: 2)
        == "badData: gm.nii.gz: the files of one subject lie on different grids: its voxels lie up to 2.5 mm from those of scan.nii.gz; "
        + "resample one onto the other's grid")
    #expect(
      try line([counting([3, 4, 5]), counting([3, 4, 4], source: "gm.nii.gz")], channels: 2)
        == "badData: gm.nii.gz: the files of one subject lie on different grids: it has 3 × 4 × 4 voxels, scan.nii.gz 3 × 4 × 5; "
        + "resample one onto the other's grid")
  }

  @Test func `A card that disagrees with its model`() throws {
    #expect(
      try line([counting([3, 4, 5])], card: "input: {shape: [3, 4, 5], axes: kji}", spatial: [3, 4, nil])
        == "badData: cards/net.yaml, input.shape: card and model disagree on the input's size: the card says 3 × 4 × 5, net.onnx takes "
        + "any × 4 × 3 along i, j, k (axes: kji); correct the card's shape or axes, or leave the shape out")
  }

  @Test func `A grid beyond all memory`() throws {
    let line = try line([counting([30, 40, 50])], card: "input: {spacing: 0.001}", spatial: [nil, nil, nil])
    #expect(
      line
        == "badData: cards/net.yaml, input: the grid asked for is too large: scan.nii.gz would have 30000 × 40000 × 50000 voxels, where "
        + "at most 2^30 are possible; correct the card's spacing or shape, or the scan's voxel sizes")
  }

  @Test func `Statistics that are missing or elsewhere`() throws {
    let missing = try line([counting([3, 4, 5])], card: "input: {normalization: {mean: nothing.nii.gz, std: 1}}")
    #expect(missing?.hasPrefix("badData: cards/nothing.nii.gz") == true, "\(missing ?? "no error")")
    let card = "input: {normalization: {mean: \(fixtures)/mean.nii.gz, std: 1}}"
    var scan = counting([3, 4, 5])
    scan.affine[0, 3] = 500
    let line = try line([scan], card: card)
    #expect(
      line?.contains("mean.nii.gz: the statistics share no voxel with the scan: at no place of scan.nii.gz") == true)
  }
}
