import Foundation
import Testing

/// Help and version: on standard output, with status 0, as kept in `Snapshots/help-*.txt`.
@Suite struct `Help` {
  static let commands = [
    "explain", "predict", "lesion", "inspect", "regions", "clusters", "montage", "chart", "methods", "atlases", "bench",
    "evaluate", "evaluate truth", "evaluate summary",
  ]

  @Test func `of the program is its snapshot, however it is asked for`() throws {
    let folder = try TemporaryFolder()
    let answer = try Tool.run("--help", in: folder.url)
    #expect(answer.status == 0)
    #expect(answer.error.isEmpty)
    try expectSnapshot(answer.output, named: "help")
    #expect(try Tool.run("help", in: folder.url).output == answer.output)
    #expect(try Tool.run("", in: folder.url).output == answer.output)
  }

  @Test(arguments: commands)
  func `of a command is its snapshot`(command: String) throws {
    let folder = try TemporaryFolder()
    let answer = try Tool.run("\(command) --help", in: folder.url)
    #expect(answer.status == 0)
    #expect(answer.error.isEmpty)
    try expectSnapshot(answer.output, named: "help-\(command.replacing(" ", with: "-"))")
    #expect(try Tool.run("help \(command)", in: folder.url).output == answer.output)
  }

  @Test(arguments: commands)
  func `fits a terminal of 80 columns`(command: String) throws {
    let folder = try TemporaryFolder()
    let lines = try Tool.run("\(command) --help", in: folder.url).output.split(separator: "\n")
    for line in lines where line.count > 80 && !line.hasPrefix("USAGE") && !line.hasPrefix("  pellucid ") {
      Issue.record("\(line.count) columns: \(line)")
    }
  }

  @Test func `version names the program and its numerical library`() throws {
    let folder = try TemporaryFolder()
    let answer = try Tool.run("--version", in: folder.url)
    #expect(answer.status == 0)
    #expect(answer.output.hasPrefix("pellucid "))
    #expect(answer.output.contains("oneDNN"))
  }
}
