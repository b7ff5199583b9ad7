import Foundation
import Testing

/// Help and version: on standard output, with status 0, as kept in `Snapshots/help-*.txt`.
@Suite struct `Help` {
  static let commands = [
    "explain", "report", "view", "predict", "lesion", "inspect", "regions", "clusters", "montage", "chart", "methods",
    "atlases", "card", "bench",
    "evaluate", "evaluate faithfulness", "evaluate randomization",
    "evaluate robustness", "evaluate bias", "evaluate agreement", "evaluate criteria", "evaluate truth",
    "evaluate summary", "plant", "cohort", "cohort norms", "group",
    "features", "filters", "receptive-field", "maximize", "invert", "cascade", "attention", "latents", "concepts",
    "concepts tcav", "concepts crp", "concepts train", "concepts explain", "manifold",
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
    // A single word cannot be broken.
    for line in lines
    where line.count > 80 && !line.hasPrefix("USAGE") && !line.hasPrefix("  pellucid ")
      && line.split(separator: " ").count > 1
    {
      Issue.record("\(line.count) columns: \(line)")
    }
  }

  @Test func `version names the program, its numerical library and the instructions in use`() throws {
    let folder = try TemporaryFolder()
    let answer = try Tool.run("--version", in: folder.url)
    #expect(answer.status == 0)
    #expect(answer.output.hasPrefix("pellucid "))
    #expect(answer.output.contains("oneDNN"))
    #if arch(x86_64)
      let bounded = try Tool.run("--version", in: folder.url, environment: ["DNNL_MAX_CPU_ISA": "SSE41"])
      #expect(bounded.output.contains(", SSE, "), "\(bounded.output)")
    #endif
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `completions know every command and its options`(shell: String) throws {
    let folder = try TemporaryFolder()
    let answer = try Tool.run("--generate-completion-script \(shell)", in: folder.url)
    #expect(answer.status == 0 && answer.error.isEmpty)
    for word in Self.commands.map({ $0.split(separator: " ").last ?? "" }) + ["atlas-transform"] {
      #expect(answer.output.contains(word), "\(word)")
    }
  }

  @Test func `the description for man pages is the parser's`() throws {
    let folder = try TemporaryFolder()
    let answer = try Tool.run("--experimental-dump-help", in: folder.url)
    #expect(answer.status == 0)
    let description = try #require(try decoded(Data(answer.output.utf8))["command"] as? [String: Any])
    let names = (description["subcommands"] as? [[String: Any]] ?? []).compactMap { $0["commandName"] as? String }
    #expect(Set(names).isSuperset(of: Self.commands.filter { !$0.contains(" ") }))
  }
}
