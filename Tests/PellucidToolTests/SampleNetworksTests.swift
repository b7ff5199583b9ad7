import Foundation
import Testing

/// The sample networks answer for the sample scans as `samples/README.md` states.
@Suite struct SampleNetworksTests {
  struct Stated: CustomTestStringConvertible {
    let network: String
    let scan: String
    let logits: [Double]
    var testDescription: String { "\(network), \(scan)" }
  }

  struct Answer: Decodable {
    let scores: [Double]
    let predicted: String
  }

  /// The rows of the table whose first column is a network and whose second is a scan.
  static let stated: [Stated] = {
    let page = try? String(contentsOf: Tool.repository.appending(path: "samples/README.md"), encoding: .utf8)
    return (page ?? "").split(separator: "\n").compactMap { line in
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces).replacing("−", with: "-") }
      guard cells.count == 5, cells[1].hasSuffix("_T1"), let control = Double(cells[2]), let patient = Double(cells[3])
      else { return nil }
      return Stated(network: cells[0], scan: cells[1], logits: [control, patient])
    }
  }()

  @Test func `every classifier among the samples is in the table, with both scans`() throws {
    let folder = Tool.repository.appending(path: "samples").path
    let networks = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".onnx") && !$0.hasPrefix("brain-vae") }.map { String($0.dropLast(5)) }
    for network in networks {
      #expect(
        Set(Self.stated.filter { $0.network == network }.map(\.scan)) == ["colin27_T1", "patient_T1"], "\(network)")
    }
  }

  @Test(arguments: stated)
  func `scores are those that are stated`(_ row: Stated) throws {
    let samples = Tool.repository.appending(path: "samples")
    let answer = try Tool.run(
      [
        "predict", samples.appending(path: "\(row.scan).nii.gz").path, "--model",
        samples.appending(path: "\(row.network).onnx").path,
      ], in: Tool.repository)
    let found = try JSONDecoder().decode(Answer.self, from: Data(answer.output.utf8))
    for (score, stated) in zip(found.scores, row.logits) { #expect(abs(score - stated) < 1e-3, "\(found.scores)") }
    #expect(found.predicted == (row.scan == "patient_T1" ? "AD" : "CN"))
  }
}
