import Attribution
import Faults
import FoundationEssentials
import Pellucid
import Preprocessing
import Reports
import Tensors
import Testing
import Volumes

@Suite struct ResultTests {
  let bench: Workbench

  init() throws { bench = try Workbench() }

  private func provenance(
    _ classifier: Classifier, _ scan: ScanReference, _ method: String, _ values: [String: String] = [:],
    _ change: (inout Explainer.Options) -> Void = { _ in }
  ) throws -> (JSONValue, Explainer.Explanation, Explainer.Case) {
    let explainer = Explainer(classifier, change)
    let type = try MethodCatalogue.method(named: method)
    let subject = try explainer.prepare(scan)
    let given = OptionValues(values)
    let explanation = try explainer.explain(subject, method: type, values: given)
    let json = explainer.provenance(
      of: explanation, subject, method: type, given: given, threads: 2, modelDigest: "abc")
    return (json, explanation, subject)
  }

  @Test func `The provenance says what is needed to make the map again`() throws {
    let scan = try bench.scan([4, 5, 6])
    let classifier = try bench.classifier("linear", card: "name: line\noutput: {classes: [CN, AD]}\n")
    let (json, explanation, subject) = try provenance(classifier, scan, "lrp", ["epsilon": "0.01"]) {
      $0.target = "AD-CN"
    }
    for key in [
      "pellucid", "image", "model", "card", "card_file", "method", "paper", "options", "target", "score", "score_value",
      "scores",
      "probabilities", "activation", "classes", "predicted", "measure", "sum_of_relevance", "facts", "map",
      "model_grid", "notes",
      "seconds", "threads", "library",
    ] { #expect(json[key] != nil, "\(key)") }
    #expect(json["pellucid"] == .string(pellucidVersion) && json["image"] == .string(scan.text))
    #expect(
      json["model"]?["sha256"] == "abc" && json["model"]?["opset"] == 17 && json["model"]?["producer"] == "by hand")
    #expect(json["method"] == "lrp" && json["score"] == "logit" && json["measure"] == "extensive")
    #expect(json["options"]?["epsilon"] == "0.01" && json["options"]?["composite"] == "epsilon-plus")
    #expect(json["target"]?["name"] == "AD-CN" && json["target"]?["weights"] == .singles([-1, 1]))
    #expect(json["classes"] == .strings(["CN", "AD"]) && json["scores"] == .singles(subject.scores))
    #expect(json["score_value"] == .number(explanation.score))
    #expect(json["sum_of_relevance"] == .number(explanation.relevance.map.sum))
    #expect(json["map"]?["shape"] == .integers([4, 5, 6]) && json["map"]?["space"] == "scan")
    #expect(json["facts"]?["relevance_of_outputs"] != nil && json["threads"] == 2)
    #expect(json["card"]?["name"] == "line")
  }

  /// What LRP hands to the input and to the biases is the score.
  @Test func `Completeness can be read off`() throws {
    let scan = try bench.scan([4, 5, 6])
    let classifier = try bench.classifier("linear")
    let (json, explanation, _) = try provenance(classifier, scan, "lrp", ["composite": "epsilon"]) { $0.target = "1" }
    guard case .number(let begin)? = json["facts"]?["relevance_of_outputs"],
      case .number(let arrived)? = json["facts"]?["relevance_of_input"]
    else {
      Issue.record("no facts")
      return
    }
    #expect(isClose(begin, explanation.score))
    #expect(isClose(arrived, begin + 0.5, 1e-4), "the bias of −0.5 keeps its share")
    let (path, _, _) = try provenance(classifier, scan, "integrated-gradients", ["steps": "3"]) { $0.target = "1" }
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
    let writer = try ResultWriter(explainer, subject, folder: bench.path("out"), modelDigest: "abc")
    for method in ["saliency", "region-occlusion"] {
      let type = try MethodCatalogue.method(named: method)
      _ = try writer.add(explainer.explain(subject, method: type), method: type, given: OptionValues())
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

  @Test func `A failed writer leaves nothing`() throws {
    let scan = try bench.scan([8, 8, 8])
    let explainer = Explainer(try bench.classifier("open"))
    let subject = try explainer.prepare(scan)
    do {
      let writer = try ResultWriter(explainer, subject, folder: bench.path("gone"), modelDigest: "abc")
      let type = try MethodCatalogue.method(named: "saliency")
      _ = try writer.add(explainer.explain(subject, method: type), method: type, given: OptionValues())
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
