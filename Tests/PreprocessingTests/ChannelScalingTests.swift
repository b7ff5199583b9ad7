import PellucidFaults
import PellucidModelCards
import PellucidPreprocessing
import PellucidTensors
import PellucidVolumes
import Testing

@Suite struct `Channels with scalings of their own` {
  private func values(_ yaml: String, channels: Int = 2) throws -> [[Float]] {
    // 0, 2, 4, 6 in one channel; 10 times that in the next.
    let scan = Volume(
      shape: GridShape(i: 1, j: 2, k: 2), channels: channels,
      voxels: (0..<channels).flatMap { c in (0..<4).map { Float(2 * $0) * (c == 0 ? 1 : 10) } }, affine: .identity,
      source: "two.nii")
    let preprocessor = try Preprocessor(
      card: try ModelCard(yaml: "input: {\(yaml)}", file: "m.yaml"), hasCard: true,
      input: InputGeometry(channels: channels, spatial: [1, 2, 4]), modelName: "m.onnx")
    let tensor = try preprocessor.prepare([scan]).input
    return (0..<channels).map { Array(tensor.values[($0 * 8)..<($0 * 8 + 8)]) }
  }

  @Test func `each by its own rule, padded by its own background`() throws {
    let both = try values(
      "shape: [1, 2, 4], normalization: [none, minmax], clip: [[1, 5], [0, 60]], background: [9, -2]")
    #expect(both[0].sorted() == [1, 2, 4, 5, 9, 9, 9, 9])
    let scaled: [Float] = [-2, -2, -2, -2, 0, 1 / 3, 2 / 3, 1]
    #expect(zip(both[1].sorted(), scaled).allSatisfy { abs($0 - $1) < 1e-6 }, "\(both[1])")
  }

  @Test func `to an interval of the card's`() throws {
    let both = try values("shape: [1, 2, 4], normalization: minmax, scale: [-1, 3], background: 7")
    let wanted: [Float] = [-1, 1 / 3, 5 / 3, 3, 7, 7, 7, 7]
    for channel in both {
      #expect(zip(channel.sorted(), wanted).allSatisfy { abs($0 - $1) < 1e-6 }, "\(channel)")
    }
  }

  @Test func `are as many as the model's channels`() throws {
    let error = try #require(throws: PellucidError.self) {
      try values("shape: [1, 2, 4], normalization: [none, minmax, none]")
    }
    #expect(error.kind == .badData && error.place.file == "m.yaml" && error.why.contains("3 items"), "\(error)")
  }
}
