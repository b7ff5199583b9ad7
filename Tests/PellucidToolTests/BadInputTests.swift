import Foundation
import Testing

/// What a user can get wrong: one line on standard error that is kept in `Snapshots/errors-*.txt`, the contract's exit status, and
/// nothing left behind.
@Suite struct `Bad input` {
  @Test func `scans`() throws {
    try expectErrors("scans", try Self.folder(), status: 65) {
      for scan in [
        "truncated.nii.gz", "truncated.nii", "header.nii", "empty.nii.gz", "empty.nii", "text.nii.gz", "text.nii",
        "packed_text.nii.gz", "folder.nii.gz", "missing.nii.gz", "cnn.onnx", "damaged.nii.gz", "bad_sizes.nii.gz",
        "bad_negative.nii.gz", "bad_overflow.nii.gz", "bad_datatype.nii.gz", "bad_offset.nii.gz", "bad_nan.nii.gz",
        "bad_series.nii.gz", "bad_rgb.nii.gz", "bad_complex.nii.gz", "bad_singular.nii.gz", "/dev/null", "/dev/zero",
        "scan.nii.gz+gm.nii.gz", "scan.nii.gz+missing.nii.gz",
      ] { $0(Self.explain(scan)) }
      $0(Self.explain("small.nii.gz", model: "bare.onnx"))
      $0(Self.explain("scan.nii.gz", model: "channels.onnx"))
      $0(Self.explain("bad_series.nii.gz", model: "channels.onnx"))
      $0(Self.explain("scan.nii.gz+small.nii.gz", model: "channels.onnx"))
      $0("predict bad_nan.nii.gz --model cnn.onnx")
      $0("montage text.nii.gz --out picture.png")
      $0("montage scan.nii.gz --overlay bad_rgb.nii.gz --out picture.png")
      $0("chart text.nii.gz --out c.png")
      $0("chart missing.tsv --out c.png")
      $0("montage scan.nii.gz --overlay bad_away.nii.gz --out picture.png")
      $0("regions bad_nan.nii.gz --atlas quarters.nii.gz --out table.tsv")
    }
  }

  @Test func `models`() throws {
    try expectErrors("models", try Self.folder(), status: 65) {
      for model in [
        "truncated.onnx", "empty.onnx", "text.onnx", "folder.onnx", "missing.onnx", "scan.nii.gz", "bad_cyclic.onnx",
        "bad_dangling.onnx", "bad_unsupported.onnx", "bad_flat.onnx", "bad_external.onnx", "bad_external_missing.onnx",
        "bad_huge_weight.onnx", "/dev/zero",
      ] {
        $0(Self.explain("scan.nii.gz", model: model))
        $0("inspect \(model)")
      }
    }
  }

  @Test func `composites`() throws {
    let folder = try Self.folder()
    let composites = [
      ("rule", "rules: [{kind: dense, rule: epsilonn}]\n"), ("key", "rules: [{kind: dense, rul: flat}]\n"),
      ("kind", "rules: [{kind: convolutions, rule: flat}]\n"),
      ("parameter", "rules: [{kind: dense, rule: z-plus, gamma: 1}]\n"),
      ("value", "rules: [{kind: dense, rule: gamma, gamma: much}]\n"), ("nodes", "rules: [{rule: flat}]\n"),
      ("no_kind", "rules: [{kind: [], rule: flat}]\n"),
      ("huge", "rules: [{kind: dense, rule: gamma, gamma: 1e300}]\n"),
      ("base", "base: epsilon-pluss\nrules: [{kind: dense, rule: flat}]\n"), ("empty", ""), ("braces", "{{{{\n"),
    ]
    for (name, text) in composites { try folder.write("composite_\(name).yaml", text) }
    try expectErrors("composites", folder, status: 65) {
      for (name, _) in composites { $0(Self.explain("scan.nii.gz", method: "lrp --composite composite_\(name).yaml")) }
      $0(Self.explain("scan.nii.gz", method: "lrp --composite missing.yaml"))
    }
  }

  @Test func `methods that model or baseline do not fit`() throws {
    let folder = try Self.folder()
    try expectErrors("methods", folder, status: 65) {
      for method in ["saliency", "gradient-x-input", "guided-backprop", "smoothgrad", "grad-cam --layer conv"] {
        $0(Self.explain("scan.nii.gz", model: "bad_slope.onnx --target 0", method: method))
      }
      for method in ["integrated-gradients", "deeplift"] {
        for baseline in ["small.nii.gz", "missing.nii.gz", "text.nii.gz", "bad_nan.nii.gz", "bad_series.nii.gz"] {
          $0(Self.explain("scan.nii.gz", model: "bare.onnx", method: "\(method) --baseline \(baseline)"))
        }
      }
      for folder in ["missing", "folder.onnx", "."] {
        $0(Self.explain("scan.nii.gz", model: "bare.onnx", method: "expected-gradients --baselines \(folder)"))
      }
      $0(Self.explain("scan.nii.gz", model: "flattened.onnx", method: "cam"))
    }
    try expectErrors("methods-usage", folder, status: 64) {
      for method in [
        "integrated-gradients --baseline blurr",
        "integrated-gradients --baseline blur --sigma 0", "integrated-gradients --quadrature simpson",
        "integrated-gradients --quadrature trapezoid --steps 1", "expected-gradients", "grad-cam --layer relu1,Conv",
        "grad-cam --layer ,", "layercam --upsample cubic", "lrp --conservation=yes",
      ] { $0(Self.explain("scan.nii.gz", method: method)) }
      for target in ["expectation", "output:logit", "output:logits:ADD", "latent:0", "unit:logits", "unit:nowhere:1"] {
        $0(Self.explain("scan.nii.gz", more: "--target \(target)"))
      }
    }
  }

  @Test func `cards`() throws {
    let folder = try Self.folder()
    let cards = [
      ("key", "input:\n  orientaton: RAS\n"), ("top_key", "inptu: {axes: ijk}\n"),
      ("spacing", "input: {spacing: [1, 2]}\n"), ("zero_spacing", "input: {spacing: [0, 1, 1]}\n"),
      ("orientation", "input: {orientation: RAP}\n"), ("axes", "input: {axes: ikk}\n"),
      ("normalization", "input: {normalization: zscor}\n"), ("tabs", "input:\n\taxes: ijk\n"), ("braces", "{{{{\n"),
      ("list", "- a\n- b\n"), ("one_class", "output: {classes: [A]}\n"), ("twice", "output: {classes: [A, A]}\n"),
      ("output", "output: {name: logit}\n"), ("activation", "output: {activation: softmx}\n"),
      ("shape", "input: {shape: [10, 10, 10]}\n"), ("percentile", "input: {normalization: {percentile: [90, 10]}}\n"),
      ("mean", "input: {normalization: {mean: none.nii.gz, std: 1}}\n"), ("further", "inputs: {age: 70}\n"),
    ]
    for (name, text) in cards { try folder.write("card_\(name).yaml", text) }
    try expectErrors("cards", folder, status: 65) {
      for (name, _) in cards { $0(Self.explain("scan.nii.gz", more: "--card card_\(name).yaml")) }
      $0(Self.explain("scan.nii.gz", more: "--card missing.yaml"))
    }
  }

  @Test func `atlases`() throws {
    let folder = try Self.folder()
    try expectErrors("atlases", folder, status: 65) {
      for atlas in [
        "bad_away.nii.gz --labels quarters.tsv", "bad_empty_atlas.nii.gz --labels quarters.tsv", "missing.nii.gz",
        "text.nii.gz", "quarters.nii.gz --labels quarters_twice.tsv", "quarters.nii.gz --labels quarters_words.tsv",
        "quarters.nii.gz --labels missing.tsv", "quarters.nii.gz --labels scan.nii.gz",
      ] {
        $0(Self.explain("scan.nii.gz", method: "region-occlusion", more: "--atlas \(atlas)"))
        $0("regions scan.nii.gz --atlas \(atlas) --out table.tsv")
      }
    }
    try expectErrors("atlas-names", folder, status: 64) {
      $0(Self.explain("scan.nii.gz", more: "--atlas alal"))
      $0(Self.explain("scan.nii.gz", more: "--labels quarters.tsv"))
      $0(Self.explain("scan.nii.gz", method: "region-occlusion"))
    }
  }

  @Test func `names and values of options`() throws {
    try expectErrors("options", try Self.folder(), status: 64) {
      for target in ["ADD", "2", "AD-", "0.5*AD+", "nan*AD", "AD-AD", "expectatoin", "latent:x"] {
        $0(Self.explain("scan.nii.gz", more: "--target \(target)"))
      }
      for more in [
        "--score logits", "--space scna", "--channels summ", "--nan zer", "--threads 0", "--threads -1",
        "--threads many", "--input age", "--input foo=3", "--input image=1", "--patch 4", "--postprocess squared",
        "--postprocess", "--modl x", "--colour x", "--model", "--slices 3", "scan.nii.gz", "--patch 3 --patch 4",
      ] { $0(Self.explain("scan.nii.gz", more: more)) }
      for method in [
        "salience", "grad-cam,salienci", ",", "SALIENCY", "grad-cam --layer /features/features.4/Con",
        "grad-cam --layer /dense/Gemm", "grad-cam --upsample strech", "occlusion --patch 0", "occlusion --patch -1",
        "occlusion --patch 3,4", "occlusion --patch abc", "occlusion --stride 0", "occlusion --stride -1",
        "occlusion --fill abc", "occlusion --fill nan", "integrated-gradients --steps abc",
        "integrated-gradients --steps 0", "integrated-gradients --steps 1000000000", "smoothgrad --samples 0",
        "smoothgrad --noise -1", "lrp --composite epsilon-pluss", "lrp --epsilon -1", "lrp --gamma x",
        "vargrad --samples 1", "lrp --relevance-start zero", "lrp --composite epsilon-gamma-box --low 5 --high -5",
      ] { $0(Self.explain("scan.nii.gz", method: method)) }
      for more in [
        "--slices 0", "--slices -1", "--slices x", "--at a,b", "--at 9999", "--at nan", "--at", "--plane axail",
        "--colormap virids", "--alpha 2", "--alpha -1", "--alpha nan", "--threshold 101", "--threshold -3",
        "--limits 0", "--limits 2,1", "--limits a", "--at x=900", "--at x=1,2", "--zoom 1,2", "--zoom contours",
        "--zoom 500,600,500,600,500,600", "--glass --at 3",
        "--sign both", "--scale mine", "--background grey", "--dpi 0", "--width 3", "--difference gm.nii.gz",
        "--channel 1",
        "--contours quarters.nii.gz:Nowhere", "--contours quarters.nii.gz:", "--glass --contours quarters.nii.gz",
        "--convention neuro", "--out other.png",
      ] { $0("montage scan.nii.gz --overlay gm.nii.gz --out picture.png \(more)") }
      $0("montage scan.nii.gz --overlay gm.nii.gz --out picture.jpg")
      for more in [
        "--threshold x", "--threshold 101%", "--threshold -1 --two-sided", "--connectivity 8", "--min-size -1",
        "--subpeaks -1", "--peak-distance nan", "--labels quarters.tsv",
      ] { $0("clusters gm.nii.gz \(more)") }
      for more in [
        "", "--kind pie", "--scale mine", "--top 0", "--column meen", "--kind bars quarters.tsv", "--out d.png",
      ] { $0("chart quarters.tsv --out c.png \(more)") }
      $0("chart quarters.tsv --out c.jpg")
      for more in ["--what forwrd", "--what salienc", "--repeat 0", "--repeat x", "--patch 3"] {
        $0("bench scan.nii.gz --model cnn.onnx \(more)")
      }
      $0("inspect cnn.onnx --shape 1,2")
    }
  }

  @Test func `options of the perturbation methods`() throws {
    let folder = try Self.folder()
    let regions = "--atlas quarters.nii.gz"
    let sampling = ["lime", "kernel-shap", "shapley-sampling"]
    let all = ["occlusion", "region-occlusion", "rise", "region-interaction"] + sampling
    try expectErrors("perturbations", folder, status: 64) {
      for values in [
        "--patch 1.5", "--patch 4,0,4", "--patch 4,-4,4", "--patch 4,,4", "--patch 1,2,3,4",
        "--patch 99999999999999999999",
        "--stride 4,0,4", "--stride 1.5", "--stride x",
      ] { $0(Self.explain("scan.nii.gz", method: "occlusion \(values)")) }
      for method in all {
        for values in ["--fill miror", "--sigma 4", "--fill noise --seed -1", "--fill blur --sigma 0"] {
          $0(Self.explain("scan.nii.gz", method: "\(method) \(regions) \(values)"))
        }
        if method != "rise" { $0(Self.explain("scan.nii.gz", method: "\(method) \(regions) --feather -1")) }
      }
      for values in [
        "--fill inf", "--fill blur --sigma -3", "--fill noise --sigma wide", "--fill noise --seed one",
        "--feather soft",
        "--feather inf", "--memory 5", "--memory lots",
      ] { $0(Self.explain("scan.nii.gz", method: "region-occlusion \(regions) \(values)")) }
      for method in sampling { $0(Self.explain("scan.nii.gz", method: "\(method) --supervoxels -5")) }
      for values in [
        "--supervoxels 0", "--supervoxels many", "--supervoxels 30000", "--supervoxels 9 --compactness 0",
        "--supervoxels 9 --compactness -1", "--samples 0", "--samples 1.5", "--samples few", "--samples 1000000000",
      ] { $0(Self.explain("scan.nii.gz", method: "lime \(values)")) }
      for values in [
        "kernel-shap --samples 4 \(regions)", "kernel-shap --samples -3 \(regions)",
        "shapley-sampling --permutations 0 \(regions)", "shapley-sampling --permutations -1",
        "rise --masks 0", "rise --masks -1", "rise --masks all", "rise --cells 1", "rise --cells -7",
        "rise --probability 0",
        "rise --probability 1", "rise --probability -0.5", "rise --feather 3", "region-interaction",
        "region-interaction --top 1 \(regions)",
        "region-interaction --top 61 \(regions)", "region-interaction --top -3 \(regions)",
        "region-occlusion --patch 3 \(regions)",
      ] { $0(Self.explain("scan.nii.gz", method: values)) }
    }
    // Files that are no fill of this scan, for each method that takes one.
    try expectErrors("perturbation-files", folder, status: 65) {
      for method in all where method != "occlusion" {
        for file in ["bad_away.nii.gz", "missing.nii.gz", "two.nii.gz"] {
          $0(Self.explain("scan.nii.gz", method: "\(method) \(regions) --fill \(file)"))
        }
        $0(Self.explain("scan.nii.gz", method: "\(method) --atlas bad_away.nii.gz --labels quarters.tsv"))
      }
    }
  }

  @Test func `commands and what they need`() throws {
    try expectErrors("commands", try Self.folder(), status: 64) {
      for line in [
        "foo", "explian scan.nii.gz", "help foo", "--versoin", "-x", "explain", "explain scan.nii.gz",
        "explain --model cnn.onnx", "explain scan.nii.gz --model cnn.onnx",
        "explain scan.nii.gz --model cnn.onnx --method saliency", "explain scan.nii.gz --method saliency --out out",
        "explain scan.nii.gz --model cnn.onnx --out out", "predict", "predict scan.nii.gz",
        "predict scan.nii.gz --model cnn.onnx --method lrp", "inspect",
        "inspect cnn.onnx bare.onnx", "regions", "regions scan.nii.gz", "montage", "montage scan.nii.gz",
        "methods lrp", "methods --jsn", "atlases --jso", "bench", "bench scan.nii.gz", "explain -q", "explain x -mfoo",
        "explain x -m", "explain --model=", "methods --json=3", "predict x --nan=no",
        "montage x --difference --out d.png",
        "inspect -- a --b",
      ] { $0(line) }
    }
  }

  @Test func `places that cannot be written to`() throws {
    try expectErrors("outputs", try Self.folder(), status: 74) {
      for out in ["text.onnx", "text.onnx/deeper"] {
        $0("explain scan.nii.gz --model cnn.onnx --method saliency --out \(out)")
      }
      for out in ["/dev/null", "missing/file.tsv", "folder.onnx", "text.onnx/table.tsv"] {
        $0("regions scan.nii.gz --atlas quarters.nii.gz --out \(out)")
      }
      for out in ["missing/file.png", "folder.onnx/"] { $0("montage scan.nii.gz --out \(out)") }
    }
    // The device is still one: a file renamed to its name would have taken its place.
    let kind = try FileManager.default.attributesOfItem(atPath: "/dev/null")[.type] as? FileAttributeType
    #expect(kind == .typeCharacterSpecial)
  }

  // MARK: -

  static func explain(_ scan: String, model: String = "cnn.onnx", method: String = "saliency", more: String = "")
    -> String
  {
    "explain \(scan) --model \(model) --method \(method) --out out \(more)"
  }

  /// The fixtures, and files that are spoilt in ways that need no tool to make.
  static func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder.withFixtures()
    let (scan, model) = (try folder.bytes("scan.nii.gz"), try folder.bytes("cnn.onnx"))
    let plain = try folder.bytes("pair.hdr")
    try folder.write("truncated.nii.gz", scan.prefix(scan.count / 2))
    try folder.write("damaged.nii.gz", scan.prefix(200) + Data(repeating: 0x55, count: 300) + scan.dropFirst(500))
    try folder.write("truncated.nii", try folder.bytes("plain.nii").prefix(2000))
    try folder.write("header.nii", plain.prefix(200))
    try folder.write("truncated.onnx", model.prefix(model.count / 2))
    for name in ["empty.nii.gz", "empty.nii", "empty.onnx"] { try folder.write(name, Data()) }
    for name in ["text.nii.gz", "text.nii", "text.onnx"] {
      try folder.write(name, String(repeating: "neither scan nor model\n", count: 40))
    }
    for name in ["folder.nii.gz", "folder.onnx"] {
      try FileManager.default.createDirectory(at: folder.url.appending(path: name), withIntermediateDirectories: false)
    }
    return folder
  }

  /// Runs command lines that must fail: with the status, one line, no output and no new file.
  func expectErrors(
    _ group: String, _ folder: TemporaryFolder, status: Int32, sourceLocation: SourceLocation = #_sourceLocation,
    _ list: ((String) -> Void) -> Void
  ) throws {
    var commands: [String] = []
    list { commands.append($0) }
    let before = folder.listing()
    var transcript: [String] = []
    for command in commands {
      let answer = try Tool.run(command, in: folder.url)
      #expect(
        answer.signal == nil && answer.status == status, "\(command): \(answer.error)", sourceLocation: sourceLocation)
      #expect(
        answer.lines.count == 1 && answer.error.hasPrefix("pellucid: "), "\(command): \(answer.error)",
        sourceLocation: sourceLocation)
      #expect(answer.output.isEmpty, "\(command)", sourceLocation: sourceLocation)
      #expect(folder.listing() == before, "\(command)", sourceLocation: sourceLocation)
      transcript += ["$ pellucid \(command)", answer.error.split(separator: "\n").joined(separator: "\n"), ""]
    }
    try expectSnapshot(transcript.joined(separator: "\n"), named: "errors-\(group)", sourceLocation: sourceLocation)
  }
}
