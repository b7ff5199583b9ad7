import Foundation
@_exported import TestSupport
import Testing

/// The built program, and what a run of it answers.
struct Tool {
  struct Answer {
    var status: Int32
    var signal: Int32?
    var output: String
    var error: String

    /// The lines of standard error.
    var lines: [String] { error.split(separator: "\n").map(String.init) }
  }

  /// The program beside the bundle of this test run; the test target depends on it, so that it is built before.
  static let program: URL = {
    let running = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")).map { [$0] } ?? []
    for path in running + CommandLine.arguments {
      let parts = URL(filePath: path).pathComponents
      guard let bundle = parts.firstIndex(where: { $0.hasSuffix(".xctest") }) else { continue }
      let folder = parts[1..<bundle].reduce(URL(filePath: "/")) { $0.appending(path: $1) }
      let program = folder.appending(path: "pellucid")
      if FileManager.default.isExecutableFile(atPath: program.path) { return program }
    }
    return URL(filePath: ".build/release/pellucid")
  }()

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - arguments: separated by spaces, or one by one.
  ///   - folder: the current folder of the run.
  ///   - output: where standard output goes instead of being kept.
  static func run(_ arguments: [String], in folder: URL, environment: [String: String] = [:], output: FileHandle? = nil)
    throws -> Answer
  {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    var variables = [
      "COLUMNS": "80", "PATH": "/usr/bin:/bin", "PELLUCID_ATLASES": repository.appending(path: "atlases").path,
    ]
    variables.merge(environment) { $1 }
    process.environment = variables
    process.standardInput = FileHandle.nullDevice
    // Files instead of pipes: a run that writes much to both cannot wait for its reader.
    let kept = try TemporaryFolder()
    let (outFile, errorFile) = (kept.url.appending(path: "out"), kept.url.appending(path: "error"))
    try Data().write(to: outFile)
    try Data().write(to: errorFile)
    process.standardOutput = try output ?? FileHandle(forWritingTo: outFile)
    process.standardError = try FileHandle(forWritingTo: errorFile)
    try process.run()
    process.waitUntilExit()
    return Answer(
      status: process.terminationStatus,
      signal: process.terminationReason == .uncaughtSignal ? process.terminationStatus : nil,
      output: try String(contentsOf: outFile, encoding: .utf8),
      error: try String(contentsOf: errorFile, encoding: .utf8))
  }

  static func run(_ arguments: String, in folder: URL, environment: [String: String] = [:]) throws -> Answer {
    try run(arguments.split(separator: " ").map(String.init), in: folder, environment: environment)
  }

  /// The repository's folder.
  static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
}

extension TemporaryFolder {
  /// A folder that holds the fixtures of `Tests/References/make_tool.py`.
  static func withFixtures() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let fixtures = Tool.repository.appending(path: "Tests/PellucidToolTests/Fixtures")
    for name in try FileManager.default.contentsOfDirectory(atPath: fixtures.path) {
      try FileManager.default.copyItem(at: fixtures.appending(path: name), to: folder.url.appending(path: name))
    }
    return folder
  }

  /// A JSON file, or JSON text, as a dictionary.
  func json(_ name: String) throws -> [String: Any] { try decoded(bytes(name)) }
}

func decoded(_ json: Data) throws -> [String: Any] {
  try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
}

/// A text kept in `Snapshots/`; `PELLUCID_RECORD=1` in the environment writes it anew.
func expectSnapshot(_ text: String, named name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let file = Tool.repository.appending(path: "Tests/PellucidToolTests/Snapshots/\(name).txt")
  if ProcessInfo.processInfo.environment["PELLUCID_RECORD"] == "1" {
    try text.write(to: file, atomically: true, encoding: .utf8)
    return
  }
  let kept = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
  // Line breaks and indents are swift-argument-parser's, and may differ from version to version.
  let (new, old) = (text.split(whereSeparator: \.isWhitespace), kept.split(whereSeparator: \.isWhitespace))
  guard new != old else { return }
  let place = zip(new, old).prefix { $0 == $1 }.count
  let here = { (words: [Substring]) in words.dropFirst(max(0, place - 6)).prefix(16).joined(separator: " ") }
  Issue.record(
    "\(name): “… \(here(new)) …” where the snapshot has “… \(here(old)) …”", sourceLocation: sourceLocation)
}
