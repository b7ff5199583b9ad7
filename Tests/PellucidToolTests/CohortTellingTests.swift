import Foundation
import Testing

/// What long runs over many scans say: a log, events for programs, nothing where nothing is wanted.
@Suite struct `Long runs speak` {
  /// Three scans, of which one cannot be read.
  private static func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder.withFixtures()
    try folder.write(
      "study.tsv",
      "participant_id\timage\tgroup\nsub-1\tscan.nii.gz\tA\nsub-2\tbad_nan.nii.gz\tA\nsub-3\tscan_LIA.nii.gz\tB\n")
    return folder
  }

  private static let command =
    "cohort study.tsv --model cnn.onnx --method saliency --target AD --atlas quarters.nii.gz --out out"

  @Test(arguments: [1, 2]) func `a line a finished scan, and one object a line for programs`(_ jobs: Int) throws {
    let folder = try Self.folder()
    let told = "--log log.tsv --events events.jsonl --jobs \(jobs)"
    let answer = try Tool.run("\(Self.command) \(told)", in: folder.url)
    #expect(answer.status == 65, "\(answer.error)")
    let lines = try #require(folder.text("log.tsv")).split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(lines.count == 3 && lines.allSatisfy { $0.count == 5 && $0[3].hasSuffix(" s") })
    #expect(Set(lines.map { "\($0[1]) \($0[2])" }) == ["sub-1 explained", "sub-2 fault", "sub-3 explained"])
    #expect(lines.first { $0[1] == "sub-2" }?[4].contains("NaN") == true)
    let iso = try Regex(#"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"#)
    #expect(lines.allSatisfy { (try? iso.wholeMatch(in: $0[0])) != nil })

    let events = try #require(folder.text("events.jsonl")).split(separator: "\n").map { try decoded(Data($0.utf8)) }
    #expect(events.map { $0["event"] as? String } == ["begin", "scan", "scan", "scan", "end"])
    #expect(events[0]["scans"] as? Int == 3 && events[4]["scans"] as? Int == 3)
    #expect(Set(events[1...3].compactMap { $0["done"] as? Int }) == [1, 2, 3])
    #expect(events[1...3].allSatisfy { $0["of"] as? Int == 3 && $0["seconds"] is Double || $0["seconds"] is Int })
    let fault = try #require(events.first { $0["scan"] as? String == "sub-2" })
    #expect(fault["state"] as? String == "fault" && (fault["reason"] as? String)?.contains("NaN") == true)

    // A second run goes on in both files; what is there is said to be there.
    _ = try Tool.run("\(Self.command) \(told)", in: folder.url)
    let again = try #require(folder.text("log.tsv")).split(separator: "\n").dropFirst(3)
    #expect(again.count == 3 && again.count { $0.contains("\tthere\t") } == 2)
  }

  @Test func `a log that cannot be written is told before the work begins`() throws {
    let folder = try Self.folder()
    for option in ["--log", "--events"] {
      let answer = try Tool.run("\(Self.command) \(option) nowhere/file", in: folder.url)
      #expect(answer.status == 74 && answer.error.contains("nowhere/file"), "\(answer.error)")
      #expect(folder.listing("out").isEmpty)
    }
  }

  @Test func `quiet says no more than what is wrong`() throws {
    let folder = try Self.folder()
    let answer = try Tool.run(Self.command + " --quiet", in: folder.url)
    #expect(answer.status == 65)
    #expect(!answer.error.isEmpty && answer.lines.allSatisfy { $0.hasPrefix("pellucid: ") }, "\(answer.error)")
  }
}
