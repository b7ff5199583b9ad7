import PellucidFaults
import Testing

@Suite struct `Near misses` {
  private let methods = [
    "saliency", "gradient-x-input", "grad-cam", "guided-grad-cam", "lrp", "occlusion", "region-occlusion",
  ]

  @Test(arguments: [
    ("salency", ["saliency"]),
    ("Saliency", ["saliency"]),
    ("gradcam", ["grad-cam"]),
    ("lpr", ["lrp"]),
    ("occlusoin", ["occlusion"]),
    ("cam", ["grad-cam", "guided-grad-cam"]),
    ("integrated-gradients", []),
    // Half of the letters are others.
    ("lime", []),
    ("rap", []),
    ("cnn", []),
    ("deep-taylor-cam", []),
    ("", []),
  ])
  func `are names within a few letters, or that contain the name`(name: String, wanted: [String]) {
    let found = NearMiss.suggestions(for: name, among: methods)
    #expect(wanted.isEmpty ? found.isEmpty : wanted.allSatisfy(found.contains), "\(found)")
  }

  @Test func `come best first, and no more than asked for`() {
    let regions = ["Hippocampus_R", "Hippocampus_L", "Hippocampal_L", "Parahippocampal_L"]
    #expect(NearMiss.suggestions(for: "Hippocampus_L", among: regions).first == "Hippocampus_L")
    #expect(NearMiss.suggestions(for: "Hippocampus_L", among: regions, limit: 2).count == 2)
  }

  @Test func `become a remedy, or a list where nothing is near`() {
    #expect(NearMiss.remedy(for: "lrpp", among: methods, noun: "the methods") == "did you mean lrp?")
    #expect(
      NearMiss.remedy(for: "zzzzzz", among: ["a", "b"], noun: "the methods") == "the methods: a, b")
    let many = (1...20).map { "region number \($0)" }
    #expect(NearMiss.remedy(for: "q", among: many, noun: "regions").hasSuffix("region number 12, … (20 in all)"))
  }

  @Test func `of nothing are nothing`() {
    #expect(NearMiss.suggestions(for: "x", among: []) == [])
    #expect(NearMiss.suggestions(for: "x", among: [""]) == [""] || NearMiss.suggestions(for: "x", among: [""]) == [])
  }
}

@Suite struct `Errors` {
  @Test func `are one line of place, what, why and remedy`() {
    let error = PellucidError(
      .badData, at: .init(file: "t1.nii.gz", part: "voxel data"), what: "the voxel data end too early",
      why: "7221032 bytes\nare announced", remedy: "copy the file again")
    #expect(
      error.line
        == "t1.nii.gz, voxel data: the voxel data end too early: 7221032 bytes are announced; copy the file again")
    #expect("\(error)" == error.line)
  }

  @Test func `leave out what is not known`() {
    #expect(PellucidError(.usage, what: "nothing to explain").line == "nothing to explain")
  }

  @Test func `are placed in a file once`() {
    let error = PellucidError(.badData, what: "it is empty")
    #expect(error.located(in: "a").located(in: "b").line == "a: it is empty")
  }
}
