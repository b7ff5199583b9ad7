import FoundationEssentials
import PellucidAtlases
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidNetworks
import PellucidOnnxFormat
import PellucidPreprocessing
import PellucidResults
import PellucidTensors
import PellucidVolumes
import Testing

@Suite struct ResultTests {
  let bench: Workbench

  init() throws { bench = try Workbench() }

  private func record(
    _ classifier: Classifier, _ scan: ScanReference, _ method: String, _ values: [String: String] = [:],
    _ change: (inout Explainer.Options) -> Void = { _ in }
  ) throws -> (JSONValue, Explanation, Explainer.Case) {
    let explainer = Explainer(classifier, change)
    let subject = try explainer.prepare(scan)
    let explanation = try explainer.explain(subject, by: made(method, values))
    return (explanation.record.json, explanation, subject)
  }

  @Test func `The record says what is needed to make the map again`() throws {
    let scan = try bench.scan([4, 5, 6])
    let classifier = try bench.classifier("linear", card: "name: line\noutput: {classes: [CN, AD]}\n")
    let (json, explanation, subject) = try record(classifier, scan, "lrp", ["epsilon": "0.01"]) {
      $0.target = "AD-CN"
    }
    for key in [
      "schema", "pellucid", "image", "scan", "model", "card", "card_file", "method", "paper", "options", "target",
      "score", "score_value", "scores", "probabilities", "activation", "classes", "predicted", "measure",
      "sum_of_relevance", "sum_of_volume", "facts", "map", "model_grid", "notes", "seconds", "threads", "library",
      "files",
    ] { #expect(json[key] != nil, "\(key)") }
    #expect(json["schema"] == "pellucid-result/1")
    #expect(json["pellucid"] == .string(pellucidVersion) && json["image"] == .string(scan.text))
    #expect(json["model"]?["sha256"] == .string(try #require(classifier.model.sha256)))
    #expect(json["model"]?["opset"] == 17 && json["model"]?["producer"] == "by hand")
    #expect(json["method"] == "lrp" && json["score"] == "logit" && json["measure"] == "extensive")
    #expect(json["options"]?["epsilon"] == "0.01" && json["options"]?["composite"] == "epsilon-plus")
    #expect(json["target"]?["name"] == "AD-CN" && json["target"]?["weights"] == .singles([-1, 1]))
    #expect(json["classes"] == .strings(["CN", "AD"]) && json["scores"] == .singles(subject.scores))
    #expect(json["score_value"] == .number(explanation.score))
    #expect(json["sum_of_relevance"] == .number(explanation.relevance.map.sum))
    #expect(json["map"]?["shape"] == .integers([4, 5, 6]) && json["map"]?["space"] == "scan")
    #expect(json["facts"]?["relevance_of_outputs"] != nil)
    #expect(json["card"]?["name"] == "line")
  }

  @Test(
    arguments: [
      ("saliency", [:], 1, 1), ("lrp", [:], 1, 1), ("smoothgrad", ["samples": "7"], 7, 7),
      // The image itself, and each mask's.
      ("rise", ["masks": "20"], 21, 0),
    ] as [(String, [String: String], Int, Int)])
  func `Passes are those of the method's definition`(
    _ method: String, _ values: [String: String], _ forward: Int, _ backward: Int
  ) throws {
    let classifier = try bench.classifier("linear", card: "name: line\noutput: {classes: [CN, AD]}\n")
    let (json, explanation, _) = try record(classifier, try bench.scan([4, 5, 6]), method, values) { $0.target = "AD" }
    #expect(explanation.record.passes == PassCount(forward: forward, backward: backward))
    #expect(json["passes"]?["forward"] == .integer(forward) && json["passes"]?["backward"] == .integer(backward))
  }

  @Test func `Above the picture stand the answers that matter`() throws {
    let (_, explanation, _) = try record(try bench.classifier("linear"), try bench.scan([4, 5, 6]), "saliency")
    var record = explanation.record
    (record.classes, record.scores, record.probabilities) = (["a", "b"], [0.5, 2], nil)
    #expect(record.answer == "a 0.500 · b 2.000")
    (record.classes, record.scores) = (["a", "b", "c", "d", "e", "f"], [0.1, 3, 0.2, 5, 4, 0])
    record.target = .init(name: "f", weights: [0, 0, 0, 0, 0, 1], classes: record.classes)
    #expect(record.answer == "b 3.000 · d 5.000 · e 4.000 · f 0.000 · …")
  }

  /// What LRP hands to the input and to the biases is the score.
  @Test func `Completeness can be read off`() throws {
    let scan = try bench.scan([4, 5, 6])
    let classifier = try bench.classifier("linear")
    let (json, explanation, _) = try record(classifier, scan, "lrp", ["composite": "epsilon"]) { $0.target = "1" }
    guard case .number(let begin)? = json["facts"]?["relevance_of_outputs"],
      case .number(let arrived)? = json["facts"]?["relevance_of_input"]
    else {
      Issue.record("no facts")
      return
    }
    #expect(isClose(begin, explanation.score))
    #expect(isClose(arrived, begin + 0.5, 1e-4), "the bias of −0.5 keeps its share")
    let (path, _, _) = try record(classifier, scan, "integrated-gradients", ["steps": "3"]) { $0.target = "1" }
    guard case .number(let residual)? = path["facts"]?["completeness_residual"] else {
      Issue.record("no residual")
      return
    }
    #expect(abs(residual) < 1e-4)
  }

  @Test func `All files appear with the commit, and none before`() throws {
    let scan = try bench.scan([16, 15, 14], as: "patient.nii.gz")
    let explainer = Explainer(try bench.classifier("open", card: "output: {classes: [CN, AD]}\n")) {
      $0.atlas = try? halves([16, 15, 14])
    }
    let subject = try explainer.prepare(scan)
    let writer = try ResultWriter(ResultFolder(bench.path("out")))
    for method in ["saliency", "region-occlusion"] {
      _ = try writer.add(explainer.explain(subject, by: made(method)))
    }
    #expect(bench.files(in: "out") == [])
    try writer.commit()
    #expect(
      bench.files(in: "out")
        == ["region-occlusion", "saliency"].flatMap { method in
          [".json", ".nii.gz", ".png", "_regions.tsv"].map { "patient_\(method)\($0)" }
        })
    let map = try Volume(contentsOf: bench.path("out/patient_saliency.nii.gz"))
    #expect(map.shape == GridShape(i: 16, j: 15, k: 14) && map.affine == .identity)
    let text = try String(contentsOfFile: bench.path("out/patient_region-occlusion_regions.tsv"), encoding: .utf8)
    #expect(text.hasPrefix("index\tname\themisphere\t") && text.contains("score_drop"))
  }

  /// Every method of the catalogue: what was written is read back as it was, with all its files.
  @Test(arguments: MethodCatalogue.methods.map { $0.name })
  func `A written result is read back as it was`(_ method: String) throws {
    let scan = try bench.scan([12, 11, 10], as: "patient.nii.gz")
    try FileManager.default.createDirectory(atPath: bench.path("others"), withIntermediateDirectories: true)
    _ = try bench.scan([12, 11, 10], as: "others/other.nii.gz") { i, j, k, _ in Float((3 * i + j + 5 * k) % 7) / 3 - 1 }
    let explainer = Explainer(try bench.classifier("open", card: "output: {classes: [CN, AD]}\n")) {
      $0.atlas = try? halves([12, 11, 10])
    }
    let few: [String: [String: String]] = [
      "expected-gradients": ["baselines": bench.path("others"), "samples": "2"], "rise": ["masks": "20"],
      "lime": ["samples": "20"], "kernel-shap": ["samples": "20"], "shapley-sampling": ["permutations": "1"],
      "lrp": ["conservation": "on"],
    ]
    let explanation = try explainer.explain(explainer.prepare(scan), by: made(method, few[method] ?? [:]))
    let folder = ResultFolder(bench.path("out"))
    let writer = try ResultWriter(folder)
    let written = try writer.add(explanation)
    try writer.commit()
    let read = try #require(try folder.results().first)
    #expect(read.name == "patient_\(method)")
    #expect(read.record == written.record)
    var unwritten = read.record
    unwritten.files = .init()
    #expect(unwritten == explanation.record)
    #expect(Set(bench.files(in: "out")) == Set(read.record.files.entries.map(\.name) + ["patient_\(method).json"]))
    try read.check()
    #expect(try read.volume().voxels == explanation.volume.voxels)
  }

  @Test func `A result whose files are missing or altered says which`() throws {
    let scan = try bench.scan([8, 8, 8], as: "p.nii.gz")
    let explainer = Explainer(try bench.classifier("open"))
    let folder = ResultFolder(bench.path("out"))
    let writer = try ResultWriter(folder)
    _ = try writer.add(explainer.explain(explainer.prepare(scan), by: made("saliency")))
    try writer.commit()
    try FileManager.default.removeItem(atPath: bench.path("out/p_saliency.png"))
    try "altered".write(toFile: bench.path("out/p_saliency.nii.gz"), atomically: true, encoding: .utf8)
    let result = try #require(try folder.results().first)
    let error = fault { try result.check() }
    #expect(error?.kind == .badData && error?.place.file == bench.path("out/p_saliency.json"))
    #expect(error?.what == "p_saliency.png is missing; p_saliency.nii.gz was altered")
    #expect(fault { _ = try result.existing("regions") }?.kind == .usage)
  }

  @Test func `What is no record is left alone, and a damaged one is refused`() throws {
    try FileManager.default.createDirectory(atPath: bench.path("out"), withIntermediateDirectories: true)
    try "{\"a\": 1}".write(toFile: bench.path("out/other.json"), atomically: true, encoding: .utf8)
    let folder = ResultFolder(bench.path("out"))
    #expect(try folder.results().isEmpty)
    try "{\"schema\": \"pellucid-result/1\", \"image\": \"x\"}".write(
      toFile: bench.path("out/cut.json"), atomically: true, encoding: .utf8)
    let cut = fault { _ = try folder.results() }
    #expect(cut?.place.file == bench.path("out/cut.json") && cut?.why.hasPrefix("it has no ") == true)
    #expect(cut?.what == "the record is damaged")
    // Cut short in the middle it is a record still, and no other file.
    try "{\"schema\": \"pellucid-result/1\", \"image\": \"x".write(
      toFile: bench.path("out/cut.json"), atomically: true, encoding: .utf8)
    #expect(fault { _ = try folder.results() }?.line.contains("the record is damaged: it is cut short") == true)
    let later = "{\"schema\": \"pellucid-result/2\"}"
    try later.write(toFile: bench.path("out/cut.json"), atomically: true, encoding: .utf8)
    #expect(fault { _ = try folder.results() }?.kind == .badData)
    #expect(fault { _ = try ResultFolder(bench.path("nowhere")).results() }?.place.file == bench.path("nowhere"))
  }

  @Test func `Two results of one name are refused`() throws {
    let scan = try bench.scan([8, 8, 8], as: "p.nii.gz")
    let explainer = Explainer(try bench.classifier("open"))
    let explanation = try explainer.explain(explainer.prepare(scan), by: made("saliency"))
    let writer = try ResultWriter(ResultFolder(bench.path("out")))
    _ = try writer.add(explanation)
    #expect(fault { _ = try writer.add(explanation) }?.kind == .usage)
    #expect(try writer.add(explanation, label: "saliency_AD").name == "p_saliency_AD")
  }

  @Test func `Results of another scan are not replaced, those of the same scan are`() throws {
    let explainer = Explainer(try bench.classifier("open"))
    func write(_ scan: ScanReference) throws {
      let writer = try ResultWriter(ResultFolder(bench.path("out")))
      _ = try writer.add(explainer.explain(explainer.prepare(scan), by: made("saliency")))
      try writer.commit()
    }
    try write(try bench.scan([8, 8, 8], as: "p.nii.gz"))
    try write(ScanReference(bench.path("p.nii.gz")))
    let other = try bench.scan([8, 8, 8], as: "p.nii.gz") { i, j, k, _ in Float((i + 3 * j + 5 * k) % 7) }
    let error = fault { try write(other) }
    #expect(error?.kind == .output && error?.place.file == bench.path("out/p_saliency.json"))
  }

  @Test func `A part that only the former result had goes, unless somebody changed it`() throws {
    let scan = try bench.scan([8, 8, 8], as: "p.nii.gz")
    let classifier = try bench.classifier("open")
    func write(_ atlas: Atlas?) throws {
      let explainer = Explainer(classifier) { $0.atlas = atlas }
      let writer = try ResultWriter(ResultFolder(bench.path("out")))
      _ = try writer.add(explainer.explain(explainer.prepare(scan), by: made("saliency")))
      try writer.commit()
    }
    let plain = ["p_saliency.json", "p_saliency.nii.gz", "p_saliency.png"]
    try write(try halves([8, 8, 8]))
    #expect(bench.files(in: "out") == plain + ["p_saliency_regions.tsv"])
    try write(nil)
    #expect(bench.files(in: "out") == plain)
    try write(try halves([8, 8, 8]))
    try "mine".write(toFile: bench.path("out/p_saliency_regions.tsv"), atomically: true, encoding: .utf8)
    try write(nil)
    #expect(bench.files(in: "out") == plain + ["p_saliency_regions.tsv"])
  }

  /// Explainers share the classifier's networks, cases and atlases their labels.
  @Test func `Explanations from several threads at once are those of one`() throws {
    let scan = try bench.scan([12, 11, 10], as: "patient.nii.gz")
    let explainer = Explainer(try bench.classifier("open", card: "output: {classes: [CN, AD]}\n")) {
      $0.atlas = try? halves([12, 11, 10])
    }
    let methods = ["lrp", "region-occlusion", "occlusion", "integrated-gradients"]
    @Sendable func maps(_ subject: Explainer.Case, _ method: String) throws -> [[Float]] {
      let explanation = try explainer.explain(subject, by: made(method))
      let sums = (explanation.table?.rows ?? []).map { Float($0.values?.sum ?? -1) }
      return [explanation.volume.voxels, sums]
    }
    let alone = try methods.map { try maps(try explainer.prepare(scan), $0) }
    let shared = try explainer.prepare(scan)
    let together = try ThreadsAtOnce.map(8) { index in
      // Half of the threads share a case, the others make their own.
      try maps(index < 4 ? shared : try explainer.prepare(scan), methods[index % 4])
    }
    for (index, found) in together.enumerated() { #expect(found == alone[index % 4], "\(methods[index % 4])") }
  }

  @Test func `A failed writer leaves nothing`() throws {
    let scan = try bench.scan([8, 8, 8])
    let explainer = Explainer(try bench.classifier("open"))
    do {
      let writer = try ResultWriter(ResultFolder(bench.path("gone")))
      _ = try writer.add(explainer.explain(explainer.prepare(scan), by: made("saliency")))
    }
    #expect(!FileManager.default.fileExists(atPath: bench.path("gone")))
  }

  @Test(arguments: [
    ("a/t1.nii.gz", "t1"), ("T1.NII", "T1"), ("x.hdr", "x"), ("x.img.gz", "x"), ("odd.name.nii", "odd.name"),
    ("plain", "plain"),
  ])
  func `Results are named after the scan`(_ path: String, _ stem: String) {
    #expect(ScanReference(path).stem == stem)
  }
}
