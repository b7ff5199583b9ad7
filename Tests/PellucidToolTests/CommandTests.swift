import Foundation
import Testing

/// The commands beside `explain`.
@Suite struct `Other commands` {
  @Test func `predict prints a line of JSON an image, with PyTorch's logits`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run("predict scan.nii.gz scan_LIA.nii.gz --model cnn.onnx --threads 1", in: folder.url)
    #expect(answer.status == 0)
    #expect(answer.error.isEmpty)
    let lines = answer.output.split(separator: "\n")
    #expect(lines.count == 2)
    let expected = try #require(try folder.json("expected.json")["cnn"] as? [Double])
    for (line, image) in zip(lines, ["scan.nii.gz", "scan_LIA.nii.gz"]) {
      let json = try decoded(Data(line.utf8))
      #expect(Set(json.keys).isSuperset(of: ["image", "scores", "probabilities", "classes", "predicted"]))
      #expect(json["image"] as? String == image)
      #expect(json["classes"] as? [String] == ["CN", "AD"])
      let scores = try #require(json["scores"] as? [Double])
      let probabilities = try #require(json["probabilities"] as? [Double])
      for (ours, theirs) in zip(scores, expected) { #expect(abs(ours - theirs) < 1e-5, "\(ours) instead of \(theirs)") }
      #expect(abs(probabilities.reduce(0, +) - 1) < 1e-6)
      #expect(json["predicted"] as? String == (scores[0] > scores[1] ? "CN" : "AD"))
    }
  }

  @Test func `predict takes further inputs from the card or the command line`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let expected = try folder.json("expected.json")
    for (option, key) in [("", "aged 73"), (" --input age=20", "aged 20")] {
      let answer = try Tool.run("predict scan.nii.gz --model aged.onnx\(option)", in: folder.url)
      let scores = try #require(try decoded(Data(answer.output.utf8))["scores"] as? [Double])
      let wanted = try #require(expected[key] as? [Double])
      for (ours, theirs) in zip(scores, wanted) { #expect(abs(ours - theirs) <= 1e-5 * max(1, abs(theirs)), "\(key)") }
    }
  }

  @Test func `inspect lists the layers`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run("inspect cnn.onnx", in: folder.url)
    #expect(answer.status == 0)
    try expectSnapshot(answer.output, named: "inspect")
    let json = try decoded(Data(try Tool.run("inspect cnn.onnx --json", in: folder.url).output.utf8))
    #expect(json["input"] as? [Int] == [1, 1, 12, 14, 10])
    let layers = try #require(json["layers"] as? [[String: Any]])
    #expect(layers.first?["operator"] as? String == "Conv")
    #expect(layers.first?["receptive_field"] as? [Int] == [3, 3, 3])
    #expect(layers.last?["receptive_field"] is NSNull)
  }

  @Test func `regions writes the same table to a file and to standard output`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run("regions scan_LIA.nii.gz --atlas quarters.nii.gz --labels quarters.tsv", in: folder.url)
    #expect(answer.status == 0)
    #expect(answer.error.isEmpty)
    let filed = try Tool.run("regions scan_LIA.nii.gz --atlas quarters.nii.gz --out table.tsv", in: folder.url)
    #expect(filed.output.isEmpty)
    #expect(try String(contentsOf: folder.url.appending(path: "table.tsv"), encoding: .utf8) == answer.output)
    try expectSnapshot(answer.output, named: "regions")
  }

  @Test func `regions tells which labels have no name`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      "regions scan.nii.gz --atlas quarters.nii.gz --labels quarters_missing.tsv", in: folder.url)
    #expect(answer.status == 0)
    #expect(answer.lines.count == 1)
    #expect(answer.error.contains("names no region for 3 of the image's labels (12, 13, 14)"))
    #expect(answer.output.contains("12\tregion-12\t"))
  }

  @Test func `regions says that a map is empty, and writes the table all the same`() throws {
    let folder = try TemporaryFolder.withFixtures()
    try folder.write("zero.nii", try folder.bytes("plain.nii").prefix(352) + Data(count: 12 * 14 * 10 * 4))
    let answer = try Tool.run("regions zero.nii --atlas quarters.nii.gz", in: folder.url)
    #expect(answer.status == 0 && answer.error == "pellucid: note: zero.nii: every voxel is 0\n", "\(answer.error)")
    #expect(answer.output.contains("1\tBack_L\t"))
  }

  @Test func `bench reads and makes tables without a model`() throws {
    let folder = try TemporaryFolder.withFixtures()
    for what in ["read", "regions --atlas quarters.nii.gz"] {
      let answer = try Tool.run("bench scan.nii.gz --what \(what) --repeat 3", in: folder.url)
      #expect(answer.status == 0, "\(answer.error)")
      #expect((try decoded(Data(answer.output.utf8))["seconds"] as? [Double])?.count == 3)
    }
    for line in ["--what regions", "--what read --model cnn.onnx", "--what saliency", "--what read --patch 3"] {
      #expect(try Tool.run("bench scan.nii.gz \(line)", in: folder.url).status == 64, "\(line)")
    }
  }

  @Test func `montage draws PNG, SVG and PDF by the file's ending`() throws {
    let folder = try TemporaryFolder.withFixtures()
    for (name, beginning) in [("a.png", "\u{89}PNG"), ("a.svg", "<?xml"), ("a.pdf", "%PDF")] {
      let answer = try Tool.run(
        "montage scan.nii.gz --overlay gm.nii.gz --plane axial --slices 3 --threshold 50 --colormap hot --alpha 0.5 --out \(name)",
        in: folder.url)
      #expect(answer.status == 0, "\(answer.error)")
      #expect(answer.output.isEmpty)
      let bytes = try folder.bytes(name)
      #expect(bytes.starts(with: beginning.unicodeScalars.map { UInt8($0.value) }), "\(name)")
      #expect(bytes.range(of: Data("hidden below percentile 50".utf8)) != nil || name == "a.pdf", "\(name)")
    }
    // Positions may be negative, and are cut where they say.
    let answer = try Tool.run("montage scan.nii.gz --at -30,12 --plane coronal --out b.svg", in: folder.url)
    #expect(answer.status == 0, "\(answer.error)")
    let picture = String(decoding: try folder.bytes("b.svg"), as: UTF8.self)
    #expect(picture.contains(">y = −30 mm<") && picture.contains(">y = +12 mm<"))
  }

  @Test func `methods and atlases list what there is, as text and as JSON`() throws {
    let folder = try TemporaryFolder()
    let methods = try Tool.run("methods", in: folder.url)
    #expect(methods.status == 0)
    try expectSnapshot(methods.output, named: "methods")
    let list = try JSONSerialization.jsonObject(with: Data(try Tool.run("methods --json", in: folder.url).output.utf8))
    let names = (list as? [[String: Any]])?.compactMap { $0["name"] as? String } ?? []
    #expect(
      Set(names).isSuperset(
        of: ["saliency", "gradient-x-input", "guided-backprop", "grad-cam", "lrp", "occlusion", "region-occlusion"]))
    let atlases = try Tool.run("atlases --json", in: folder.url)
    #expect(atlases.status == 0)
    let entries = try JSONSerialization.jsonObject(with: Data(atlases.output.utf8)) as? [[String: Any]]
    let aal = entries?.first { $0["name"] as? String == "aal" }
    #expect(aal?["regions"] as? Int == 116)
    #expect(entries?.contains { $0["name"] as? String == "harvard-oxford-cortical" } == true)
    #expect(try Tool.run("atlases", in: folder.url).output.contains("aal: "))
  }

  @Test func `atlases are found beside the program from any folder`() throws {
    let folder = try TemporaryFolder()
    let answer = try Tool.run("atlases", in: folder.url, environment: ["PELLUCID_ATLASES": ""])
    #expect(answer.output.contains("aal: "))
  }

  @Test func `bench prints its seconds as JSON`() throws {
    let folder = try TemporaryFolder.withFixtures()
    for what in ["forward", "saliency", "occlusion --patch 6"] {
      let answer = try Tool.run(
        "bench scan.nii.gz --model cnn.onnx --what \(what) --repeat 3 --threads 1", in: folder.url)
      #expect(answer.status == 0, "\(answer.error)")
      let json = try decoded(Data(answer.output.utf8))
      let seconds = try #require(json["seconds"] as? [Double])
      #expect(seconds.count == 3)
      #expect(seconds.allSatisfy { $0 > 0 })
      #expect(json["median"] as? Double == seconds.sorted()[1])
      #expect(json["threads"] as? Int == 1)
      #expect((json["peak_rss_bytes"] as? Int ?? 0) > 1_000_000)
    }
  }
}
