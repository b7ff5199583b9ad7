import Foundation
import PellucidVolumes
import Testing

/// What occluded voxels become, against numpy and scipy, on a tilted scan whose axes are those of no one; `Tests/References/make_fills.py`.
///
/// The network adds up its input: a window of one voxel takes the difference of value and fill from the score.
@Suite struct `Fills of a tilted scan` {
  struct Reference: Decodable {
    var sigma, number, mean, radius, feather, hard_drop, soft_drop: Double
    var sphere: Int
    var at: [Double]
    var undefined: Float
    var volumes: [String]
  }

  let folder: TemporaryFolder
  let reference: Reference
  let expected: Volume

  init() throws {
    folder = try TemporaryFolder.withFixtures()
    reference = try JSONDecoder().decode(Reference.self, from: folder.bytes("fills/expected.json"))
    expected = try Volume(contentsOf: folder.url.appending(path: "fills/expected.nii.gz").path)
  }

  private func voxels(_ name: String) throws -> ArraySlice<Float> {
    let number = try #require(reference.volumes.firstIndex(of: name))
    return expected.voxels[(number * expected.shape.count)..<((number + 1) * expected.shape.count)]
  }

  /// The value of every voxel once it is occluded.
  private func found(_ fill: String) throws -> [Float] {
    let answer = try Tool.run(
      "explain fills/tilted.nii.gz --model fills/sum.onnx --method occlusion --patch 1 --stride 1 --score logit --out out --fill \(fill)",
      in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    let map = try Volume(contentsOf: folder.url.appending(path: "out/tilted_occlusion.nii.gz").path)
    #expect(
      map.shape == expected.shape
        && zip(map.affine.elements, expected.affine.elements).allSatisfy { abs($0 - $1) < 1e-4 })
    return zip(try voxels("input"), map.voxels).map { $0 - $1 }
  }

  @Test(arguments: ["blur", "mirror", "template"])
  func `are scipy's`(name: String) throws {
    let wanted = try voxels(name)
    let fill = name == "template" ? "fills/template.nii.gz" : name == "blur" ? "blur --sigma \(reference.sigma)" : name
    let found = try found(fill)
    let defined = zip(found, wanted).filter { $1 != reference.undefined }
    #expect(defined.count * 10 > 8 * wanted.count)
    let worst = defined.map { abs($0 - $1) }.max() ?? .infinity
    #expect(worst < 3e-5, "\(worst)")
    // It is another scan.
    let change = zip(try voxels("input"), wanted).map { abs($0 - $1) }.max() ?? 0
    #expect(change > 0.5)
  }

  @Test func `of one value are that value`() throws {
    #expect(try found("\(reference.number)").allSatisfy { abs(Double($0) - reference.number) < 1e-5 })
    #expect(try found("mean").allSatisfy { abs(Double($0) - reference.mean) < 1e-5 })
    #expect(abs(reference.mean) > 0.1)
  }

  @Test func `have the soft border that distances in mm make`() throws {
    let place = reference.at.map { "\($0)" }.joined(separator: ",")
    for (options, wanted) in [("", reference.hard_drop), (" --feather \(reference.feather)", reference.soft_drop)] {
      let answer = try Tool.run(
        "lesion fills/tilted.nii.gz --model fills/sum.onnx --score logit --at \(place) --radius \(reference.radius) --fill \(reference.number)\(options)",
        in: folder.url)
      try #require(answer.status == 0, "\(answer.error)")
      let json = try decoded(Data(answer.output.utf8))
      #expect(json["voxels"] as? Int == reference.sphere)
      let drop = try #require(json["score_drop"] as? Double)
      #expect(abs(drop - wanted) < 1e-5 * abs(wanted), "\(drop) instead of \(wanted)")
    }
  }
}
