import Foundation
import Testing

/// Several scans at once, and results that are written beside the next method.
@Suite struct `Jobs` {
  private static let command =
    "explain scan.nii.gz scan_LIA.nii.gz third.nii.gz --model cnn.onnx --method lrp,occlusion,smoothgrad "
    + "--atlas quarters.nii.gz"

  private static func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder.withFixtures()
    try FileManager.default.copyItem(
      at: folder.url.appending(path: "scan.nii.gz"), to: folder.url.appending(path: "third.nii.gz"))
    return folder
  }

  /// The bytes of all files but records, which tell seconds and threads.
  private static func results(_ folder: TemporaryFolder, _ name: String) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for file in folder.listing(name) where !file.hasSuffix(".json") {
      files[file] = try Array(folder.bytes("\(name)/\(file)"))
    }
    return files
  }

  @Test func `the same files, told in the same order, whatever the number of jobs and threads`() throws {
    let folder = try Self.folder()
    let alone = try Tool.run("\(Self.command) --threads 1 --out alone", in: folder.url)
    try #require(alone.status == 0, "\(alone.error)")
    let wanted = try Self.results(folder, "alone")
    #expect(wanted.count == 27)
    for (jobs, threads) in [(1, 2), (2, 2), (3, 5), (8, 16)] {
      let out = "out\(jobs)"
      let answer = try Tool.run("\(Self.command) --jobs \(jobs) --threads \(threads) --out \(out)", in: folder.url)
      try #require(answer.status == 0, "\(answer.error)")
      #expect(try Self.results(folder, out) == wanted, "\(jobs) jobs, \(threads) threads")
      func scans(_ output: String) -> [Substring] {
        output.split(separator: "\n").filter { !$0.hasPrefix(" ") }
      }
      #expect(scans(answer.output) == scans(alone.output))
    }
  }

  @Test func `a scan that cannot be read is told, and nothing half-written stays`() throws {
    let folder = try Self.folder()
    try Data("no image".utf8).write(to: folder.url.appending(path: "third.nii.gz"))
    let answer = try Tool.run("\(Self.command) --jobs 3 --out out", in: folder.url)
    #expect(answer.status == 65)
    #expect(answer.error.contains("third.nii.gz"))
    #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "out").path))
  }

  @Test(arguments: ["0", "-1", "1025"]) func `refuses numbers that cannot be`(_ jobs: String) throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      "explain scan.nii.gz --model cnn.onnx --method lrp --jobs \(jobs) --out out", in: folder.url)
    #expect(answer.status == 64)
    #expect(answer.error.contains("--jobs \(jobs)"))
  }
}
