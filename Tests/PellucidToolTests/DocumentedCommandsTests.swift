import Foundation
import Testing

/// The commands of the guides, run in their order as a reader runs them.
@Suite struct `Documented commands` {
  @Test(arguments: ["own-model", "reading-a-report"])
  func `do what the guide says`(guide: String) throws {
    let text = try String(contentsOf: Tool.repository.appending(path: "docs/\(guide).md"), encoding: .utf8)
    let commands = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      // A viewer has no end of its own; the browser tests run it.
      .filter { $0.hasPrefix("pellucid ") && !$0.hasPrefix("pellucid view") }.map { $0.dropFirst("pellucid ".count) }
    try #require(commands.count > 2)
    let folder = try TemporaryFolder.withFixtures()
    // The guides' names, and an atlas that lies on the fixtures' scan.
    try FileManager.default.copyItem(
      at: folder.url.appending(path: "scan.nii.gz"), to: folder.url.appending(path: "patient.nii.gz"))
    let more = try Tool.run(
      "explain scan.nii.gz scan_LIA.nii.gz --model cnn.onnx --method lrp --out more", in: folder.url)
    try #require(more.status == 0, "\(more.error)")
    for command in commands {
      let words = command.replacingOccurrences(of: "--atlas aal", with: "--atlas quarters.nii.gz")
        .replacingOccurrences(of: "--at -28,-20,-14", with: "--at 0,0,0")
      let answer = try Tool.run(words, in: folder.url)
      #expect(answer.status == 0, "\(command): \(answer.error)")
    }
    #expect(folder.listing("results").contains("patient_report.html"))
  }
}
