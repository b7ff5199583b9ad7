import Foundation
import Testing

/// `evaluate` with several scans at once.
@Suite struct `Evaluations of several scans at once` {
  private static let network = "--model cnn.onnx --target AD"

  /// The bytes of all files but for what tells seconds and threads.
  private static func results(_ folder: TemporaryFolder, _ name: String) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for file in folder.listing(name) {
      if file.hasSuffix(".tsv") {
        let lines = try #require(folder.text("\(name)/\(file)")).split(separator: "\n").map {
          $0.split(separator: "\t", omittingEmptySubsequences: false)
        }
        let kept = lines[0].indices.filter { !lines[0][$0].contains("seconds") }
        files[file] = Array(lines.map { line in kept.map { String(line[$0]) }.joined(separator: "\t") }.joined().utf8)
      } else if !["faithfulness.json", "truth.json"].contains(file) {
        files[file] = try Array(folder.bytes("\(name)/\(file)"))
      }
    }
    return files
  }

  @Test(arguments: [
    "faithfulness {scans} \(network) --method lrp,saliency --metric deletion,infidelity,max-sensitivity --features patch:4 --steps 4 --samples 5",
    "randomization {scans} \(network) --method lrp,saliency",
    "robustness {scans} \(network) --method lrp --disturbance noise,shift,fgsm,pgd-l2 --samples 2",
    "agreement {scans} \(network) --method lrp,saliency,smoothgrad:samples=3 --atlas quarters.nii.gz",
    "truth cohort.tsv \(network) --method lrp,saliency,occlusion",
    "truth alike.tsv --model bare.onnx",
  ])
  func `give the same, whatever the number of jobs and threads`(_ command: String) throws {
    let folder = try TemporaryFolder.withFixtures()
    let files = FileManager.default
    for name in ["third", "fourth"] {
      try files.copyItem(atPath: folder.path("scan.nii.gz"), toPath: folder.path(name + ".nii.gz"))
    }
    let scans = ["scan", "scan_LIA", "third", "fourth"].map { $0 + ".nii.gz" }
    let lines = scans.map { "\($0)\tquarters.nii.gz\tscan.nii.gz\n" }
    try folder.write("cohort.tsv", "image\ttruth\toriginal\n" + lines.joined())
    try folder.write(
      "alike.tsv",
      "image\ttruth\n"
        + lines.filter { !$0.contains("LIA") }.map { $0.replacing("\tscan.nii.gz\n", with: "\n") }.joined())
    let text = "evaluate " + command.replacing("{scans}", with: scans.joined(separator: " "))
    var wanted: [String: [UInt8]] = [:]
    var output = ""
    for (jobs, threads) in [(1, 1), (2, 2), (4, 3)] {
      let answer = try Tool.run("\(text) --jobs \(jobs) --threads \(threads) --out out\(jobs)", in: folder.url)
      try #require(answer.status == 0, "\(answer.error)")
      let found = try Self.results(folder, "out\(jobs)")
      #expect(found.count > 2)
      // The tables' last column on the screen may tell seconds.
      let lines = answer.output.replacing("out\(jobs)", with: "out").split(separator: "\n").map { line in
        command.hasPrefix("truth") ? line.prefix { $0 != " " } : line
      }
      if jobs == 1 { (wanted, output) = (found, lines.joined(separator: "\n")) }
      #expect(found == wanted, "\(jobs) jobs, \(threads) threads")
      #expect(lines.joined(separator: "\n") == output)
    }
  }

  @Test func `end with the first scan that cannot be read, and leave nothing`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      "evaluate randomization scan.nii.gz bad_nan.nii.gz scan_LIA.nii.gz \(Self.network) --method saliency --jobs 3 --out out",
      in: folder.url)
    #expect(answer.status == 65 && answer.error.contains("bad_nan.nii.gz"), "\(answer.error)")
    #expect(!folder.names.contains("out"))
  }

  @Test(arguments: ["faithfulness", "randomization", "robustness", "agreement", "truth"])
  func `refuse numbers of jobs that cannot be`(_ command: String) throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      "evaluate \(command) scan.nii.gz \(Self.network) --method saliency --jobs 0 --out out", in: folder.url)
    #expect(answer.status == 64 && answer.error.contains("--jobs 0"), "\(answer.error)")
  }
}
