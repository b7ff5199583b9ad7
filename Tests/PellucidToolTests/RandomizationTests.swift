import Foundation
import Testing

/// `evaluate randomization`, run as a user runs it.
@Suite struct `Evaluate randomization` {
  private func rows(_ folder: TemporaryFolder, _ name: String) throws -> [[String: String]] {
    let lines = try #require(folder.text(name)).split(separator: "\n")
      .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  @Test(arguments: ["cascade", "independent", "bottom-up"])
  func `weights are lost layer by layer, in an order, and a verdict comes out`(_ order: String) throws {
    let folder = try TemporaryFolder.withFixtures()
    let before = try folder.bytes("cnn.onnx")
    let answer = try Tool.run(
      "evaluate randomization scan.nii.gz --model cnn.onnx --target AD --method lrp,saliency --order \(order) --out out",
      in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    #expect(folder.listing("out") == ["randomization.json", "randomization.png", "randomization.tsv"])
    #expect(try folder.bytes("cnn.onnx") == before, "the file is not touched")
    let rows = try rows(folder, "out/randomization.tsv")
    let own = rows.filter { $0["method"] == "lrp" && $0["order"] == order }
    let depths = own.compactMap { $0["depth"].flatMap { Int($0) } }
    #expect(depths.count > 2)
    let layers = depths.count - 1
    #expect(depths == [0] + (order == "bottom-up" ? (1...layers).reversed() : Array(1...layers)))
    #expect(Set(own.dropFirst().compactMap { $0["layer"] }).count == layers)
    #expect(rows.filter { $0["order"] == "random-logit" }.map { $0["layer"] } == ["CN", "CN"])
    let words = ["follows the weights", "does not follow the weights", "cannot be told"]
    #expect(rows.allSatisfy { words.contains($0["verdict"] ?? "") })
    // Cascade and bottom-up end with the same network.
    #expect(own.last?["score_change"] != "0")
  }

  @Test func `the same seed loses the same weights, and both ends of a cascade meet`() throws {
    let folder = try TemporaryFolder.withFixtures()
    for (order, out) in [("cascade", "a"), ("cascade", "b"), ("bottom-up", "c")] {
      let answer = try Tool.run(
        "evaluate randomization scan.nii.gz --model cnn.onnx --target AD --method lrp --order \(order) --out \(out)",
        in: folder.url)
      try #require(answer.status == 0, "\(answer.error)")
    }
    #expect(folder.text("a/randomization.tsv") == folder.text("b/randomization.tsv"))
    let (a, c) = (try rows(folder, "a/randomization.tsv"), try rows(folder, "c/randomization.tsv"))
    let last = { (rows: [[String: String]]) in rows.last { $0["order"] != "random-logit" } }
    #expect(last(a)?["spearman"] == last(c)?["spearman"])
    #expect(last(a)?["score_change"] == last(c)?["score_change"])
  }

  @Test func `what cannot be is told in one line`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let command = "evaluate randomization scan.nii.gz --model cnn.onnx --target AD --out out"
    for (options, words) in [
      ("", "needs --method"), ("--method lrp --order down", "cascade"), ("--method lrp --samples 0", "--samples 0"),
    ] {
      let answer = try Tool.run("\(command) \(options)", in: folder.url)
      #expect(answer.status == 64)
      #expect(answer.lines.count == 1 && answer.error.contains(words), "\(answer.error)")
    }
    #expect(!folder.names.contains("out"))
  }
}
