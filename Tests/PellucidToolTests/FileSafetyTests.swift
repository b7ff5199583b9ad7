import Foundation
import PellucidFiles
import PellucidResults
import Testing

/// What a command line can do to files that it should not, and what the system can do to a command line.
@Suite struct `Files and streams` {
  /// Runs a line of the shell, in which `$P` is the program.
  private func shell(_ line: String, in folder: TemporaryFolder) throws -> Tool.Answer {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", "P='\(Tool.program.path)'\n" + line]
    process.currentDirectoryURL = folder.url
    process.environment = ["PATH": "/usr/bin:/bin"]
    let kept = try TemporaryFolder()
    for name in ["out", "error"] { try kept.write(name, "") }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: kept.url.appending(path: "out"))
    process.standardError = try FileHandle(forWritingTo: kept.url.appending(path: "error"))
    try process.run()
    process.waitUntilExit()
    return Tool.Answer(
      status: process.terminationStatus,
      signal: process.terminationReason == .uncaughtSignal ? process.terminationStatus : nil,
      output: String(decoding: try kept.bytes("out"), as: UTF8.self),
      error: String(decoding: try kept.bytes("error"), as: UTF8.self))
  }

  static let replacing = [
    ("regions gm.nii.gz --atlas quarters.nii.gz --out gm.nii.gz", "gm.nii.gz"),
    ("regions gm.nii.gz --atlas quarters.nii.gz --out quarters.tsv", "quarters.tsv"),
    ("regions gm.nii.gz --atlas quarters.nii.gz --out ./quarters.nii.gz", "quarters.nii.gz"),
    ("clusters gm.nii.gz --out gm.nii.gz", "gm.nii.gz"), ("clusters pair.img --out pair.hdr", "pair.hdr"),
    ("clusters pair.hdr --out pair.img", "pair.img"), ("montage link --out link", "scan.nii.gz"),
    ("explain p.nii.gz p_saliency.nii.gz --model cnn.onnx --method saliency --out .", "p_saliency.nii.gz"),
    ("explain p.nii.gz --model p_saliency.json --method saliency --out .", "p_saliency.json"),
    ("chart t.tsv --out t.png", "t.png"),
  ]

  @Test(arguments: replacing) func `a result never takes the place of a file that was read`(
    line: String, victim: String
  ) throws {
    let folder = try TemporaryFolder.withFixtures()
    try folder.write("p.nii.gz", try folder.bytes("scan.nii.gz"))
    try folder.write("p_saliency.nii.gz", try folder.bytes("scan.nii.gz"))
    try folder.write("p_saliency.json", try folder.bytes("cnn.onnx"))
    #expect(try Tool.run("regions gm.nii.gz --atlas quarters.nii.gz --out t.tsv", in: folder.url).status == 0)
    try FileManager.default.createSymbolicLink(
      atPath: folder.url.appending(path: "link").path, withDestinationPath: "scan.nii.gz")
    try FileManager.default.createSymbolicLink(
      atPath: folder.url.appending(path: "t.png").path, withDestinationPath: "t.tsv")
    let (before, list) = (try folder.bytes(victim), folder.listing())
    let answer = try Tool.run(line, in: folder.url)
    #expect(answer.status == 74, "\(answer.error)")
    #expect(answer.lines.last?.contains(": it is not written: it is ") == true, "\(answer.error)")
    #expect(try folder.bytes(victim) == before)
    #expect(folder.listing() == list)
  }

  @Test func `names that are no UTF-8 are read and written`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try shell(
      #"""
      n="$(printf 'caf\351')"
      mkdir "$n" && cp scan.nii.gz "$n/$n.nii.gz" && cp cnn.onnx "$n/$n.onnx" && cp cnn.yaml "$n/$n.yaml" || exit 1
      cp quarters.nii.gz "$n/q.nii.gz" && cp quarters.tsv "$n/q.tsv" || exit 1
      $P predict "$n/$n.nii.gz" --model "$n/$n.onnx" || exit 2
      $P explain "$n/$n.nii.gz" --model "$n/$n.onnx" --method saliency --atlas "$n/q.nii.gz" --out "$n/$n" || exit 3
      ls "$n/$n/${n}_saliency.nii.gz" "$n/$n/${n}_saliency.json" "$n/$n/${n}_saliency_regions.tsv" || exit 4
      $P montage "$n/$n.nii.gz" --overlay "$n/$n/${n}_saliency.nii.gz" --title "$n" --out "$n/$n.svg" || exit 5
      grep -q 'relevance (logit)' "$n/$n.svg" || exit 6
      $P chart "$n/$n/${n}_saliency_regions.tsv" --out "$n/c.png" || exit 7
      $P regions "$n/missing.nii.gz" --atlas "$n/q.nii.gz" && exit 8
      exit 0
      """#, in: folder)
    #expect(answer.status == 0, "\(answer.error)")
    // In JSON as what can be read back, elsewhere as what every reader of text takes.
    #expect(answer.output.contains(#"{"image": "caf\udbff\udfe9/caf\udbff\udfe9.nii.gz""#))
    let name = PathBytes.text(Array("caf".utf8) + [0xe9])
    let result = try #require(try ResultFolder("\(folder.path)/\(name)/\(name)").results().first)
    #expect(result.record.image == "\(name)/\(name).nii.gz")
    try result.check()
    #expect(answer.error.contains("pellucid: caf\u{fffd}/missing.nii.gz: "))
  }

  @Test(arguments: [
    "predict scan.nii.gz --model cnn.onnx", "methods", "--help", "--version",
    "regions gm.nii.gz --atlas quarters.nii.gz",
  ])
  func `a standard output that is closed or full ends with one line and 74, one that is read no further without a word`(
    command: String
  ) throws {
    let folder = try TemporaryFolder.withFixtures()
    var ends = [">&-", "| true"]
    if FileManager.default.fileExists(atPath: "/dev/full") { ends.append(">/dev/full") }
    for end in ends {
      let line =
        end.hasPrefix("|")
        ? "{ sleep 0.3; $P \(command); echo $? >status; } \(end)\nsleep 1; read s <status; exit $s"
        : "$P \(command) \(end)"
      let answer = try shell(line, in: folder)
      #expect(answer.status == 74 && answer.signal == nil, "\(end): \(answer)")
      guard !end.hasPrefix("|") else {
        #expect(answer.error.isEmpty, "\(answer.error)")
        continue
      }
      #expect(answer.lines.count == 1, "\(answer.error)")
      #expect(answer.error.hasPrefix("pellucid: standard output: it cannot be written: "), "\(answer.error)")
    }
  }

  @Test(arguments: ["2>&-", ">&- 2>&-", "<&- 2>&-", "<&- >&- 2>&-"])
  func `streams that are closed do not spoil results`(ends: String) throws {
    let folder = try TemporaryFolder.withFixtures()
    // A warning and the results' names would go to the first files opened.
    let line = "explain scan.nii.gz --model bare.onnx --method saliency --atlas quarters.nii.gz"
    #expect(try Tool.run(line + " --out open", in: folder.url).status == 0)
    let answer = try shell("$P \(line) --out closed \(ends)", in: folder)
    #expect(answer.status == (ends.contains(">&- 2") ? 74 : 0))
    #expect(folder.listing("closed") == folder.listing("open"))
    for name in folder.listing("open") where !name.hasSuffix(".json") {
      #expect(try folder.bytes("closed/\(name)") == (try folder.bytes("open/\(name)")), "\(name)")
    }
    _ = try folder.json("closed/scan_saliency.json")
  }

  @Test func `what a killed run leaves, the next one removes`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let before = folder.listing()
    let line = "explain scan.nii.gz --model cnn.onnx --atlas quarters.nii.gz --out new/deep --method"
    let killed = try shell(
      """
      $P \(line) saliency,rise --masks 1000000 & p=$!
      for n in $(seq 300); do [ "$(ls -A new/deep 2>/dev/null | wc -l)" -ge 4 ] && break; sleep 0.1; done
      sleep 0.3; ls -A new/deep; kill -9 $p; wait $p
      """, in: folder)
    #expect(killed.output.contains(".pellucid-"), "\(killed)")
    #expect(folder.listing("new/deep").count >= 4)
    // One that comes to nothing takes the folders with it, one that succeeds keeps only its own.
    #expect(try Tool.run(line + " grad-cam --layer nowhere", in: folder.url).status == 64)
    #expect(folder.listing() == before)
    #expect(try Tool.run(line + " saliency", in: folder.url).status == 0)
    #expect(folder.listing("new/deep").count == 4 && folder.listing("new/deep").allSatisfy { $0.hasPrefix("scan_") })
  }

  @Test func `results of another scan of the same name are kept, those of the same scan replaced`() throws {
    let folder = try TemporaryFolder.withFixtures()
    try FileManager.default.createDirectory(at: folder.url.appending(path: "b"), withIntermediateDirectories: true)
    try folder.write("b/scan.nii.gz", try folder.bytes("scan_LIA.nii.gz"))
    let end = "--model cnn.onnx --method saliency --out out"
    #expect(try Tool.run("explain scan.nii.gz \(end)", in: folder.url).status == 0)
    let former = try folder.bytes("out/scan_saliency.nii.gz")
    // Also before the first of several scans is explained, and by another method.
    for line in [
      "b/scan.nii.gz \(end)", "b/scan.nii.gz --model cnn.onnx --method lrp --out out",
      "small.nii.gz b/scan.nii.gz \(end)",
    ] {
      let refused = try Tool.run("explain \(line)", in: folder.url)
      #expect(refused.status == 74 && refused.lines.count == 1, "\(refused.error)")
      #expect(refused.error.contains("out/scan_saliency.json: it is the result of another scan: scan.nii.gz; "))
      #expect(folder.listing("out").count == 3)
    }
    #expect(try folder.bytes("out/scan_saliency.nii.gz") == former)
    #expect(try Tool.run("explain ./scan.nii.gz \(end)", in: folder.url).status == 0)
    try folder.write("b/scan.nii.gz", try folder.bytes("scan.nii.gz"))
    #expect(try Tool.run("explain b/scan.nii.gz \(end)", in: folder.url).status == 0, "the same scan, wherever it is")
  }
}
