import PellucidAttribution
import PellucidFaults
import TestSupport
import Testing

/// Methods with options of their own, as they are written in one line.
@Suite struct MethodVariantTests {
  private func list(_ text: String, _ shared: OptionValues = [:]) throws -> [String] {
    try MethodVariant.list(parsing: text, shared: shared).map { variant in
      let values = variant.values.names.map { "\($0)=\(variant.values.text($0) ?? "")" }
      return ([variant.fileLabel, variant.method.name] + values).joined(separator: " ")
    }
  }

  @Test(
    arguments: [
      ("lrp", ["lrp lrp"]),
      ("grad-cam,lrp", ["grad-cam grad-cam", "lrp lrp"]),
      (" grad-cam , lrp", ["grad-cam grad-cam", "lrp lrp"]),
      ("grad-cam++", ["grad-cam-plus-plus grad-cam-plus-plus"]),
      ("occlusion:patch=8,8,4,lrp", ["occlusion occlusion patch=8,8,4", "lrp lrp"]),
      ("occlusion:patch=8, 8, 4, lrp", ["occlusion occlusion patch=8, 8, 4", "lrp lrp"]),
      ("occlusion:patch=8,grad-cam++", ["occlusion occlusion patch=8", "grad-cam-plus-plus grad-cam-plus-plus"]),
      (
        "occlusion:patch=20:stride=10,lrp:composite=epsilon",
        ["occlusion occlusion patch=20 stride=10", "lrp lrp composite=epsilon"]
      ),
      ("lrp:conservation", ["lrp lrp conservation=on"]),
      (
        "lrp:conservation:composite=epsilon,saliency",
        ["lrp lrp composite=epsilon conservation=on", "saliency saliency"]
      ),
      ("lrp:composite=epsilon:conservation", ["lrp lrp composite=epsilon conservation=on"]),
      ("grad-cam:layer=/a/Conv,/b/Conv,lrp", ["grad-cam grad-cam layer=/a/Conv,/b/Conv", "lrp lrp"]),
      (
        "occlusion:fill=/scans/a:b/t=1.nii:sigma=3",
        ["occlusion occlusion fill=/scans/a:b/t=1.nii sigma=3"]
      ),
      ("occlusion:fill=C:/t.nii,lrp", ["occlusion occlusion fill=C:/t.nii", "lrp lrp"]),
      ("occlusion:fill=C:/a,b.nii:sigma=3,lrp", ["occlusion occlusion fill=C:/a,b.nii sigma=3", "lrp lrp"]),
      ("occlusion:fill=a, b.nii", ["occlusion occlusion fill=a, b.nii"]),
      // The same twice is one, however it is written.
      ("lrp,lrp", ["lrp lrp"]),
      ("occlusion:patch=8,8,4,occlusion:patch=8, 8, 4", ["occlusion occlusion patch=8,8,4"]),
      ("lrp,lrp:composite=epsilon-plus,lrp:epsilon=0.000001", ["lrp lrp"]),
      // Twice with different options: files are told apart by them.
      ("lrp,lrp:composite=epsilon", ["lrp lrp", "lrp_composite-epsilon lrp composite=epsilon"]),
      (
        "occlusion:patch=8:stride=4,occlusion:patch=8,8,4",
        ["occlusion_patch-8_stride-4 occlusion patch=8 stride=4", "occlusion_patch-8-8-4 occlusion patch=8,8,4"]
      ),
      (
        "occlusion:fill=../x y.nii,occlusion:fill=..-x-y.nii",
        [
          "occlusion_fill-..-x-y.nii occlusion fill=../x y.nii",
          "occlusion_fill-..-x-y.nii-2 occlusion fill=..-x-y.nii",
        ]
      ),
      ("lrp,lrp:conservation", ["lrp lrp", "lrp_conservation-on lrp conservation=on"]),
    ] as [(String, [String])])
  func `a comma begins a method only before a method's name`(_ text: String, _ wanted: [String]) throws {
    #expect(try list(text) == wanted)
  }

  @Test func `a variant's own options come before the shared ones, which do not set it apart`() throws {
    #expect(
      try list("occlusion,occlusion:patch=16,lrp", ["patch": "8", "epsilon": "0.1"]) == [
        "occlusion occlusion patch=8", "occlusion_patch-16 occlusion patch=16", "lrp lrp epsilon=0.1",
      ])
    #expect(try list("occlusion,occlusion:patch=8", ["patch": "8"]) == ["occlusion occlusion patch=8"])
  }

  @Test(arguments: [
    (
      "occlusion:patch=8,stride=4",
      "the method occlusion:patch=8,stride=4 has stride behind a comma, inside the value of patch: options are parted by "
        + "colons, methods by commas; write it as patch=8:stride=…"
    ),
    ("lpr", "no method lpr; did you mean lrp?"),
    ("grad-cam,lpr", "no method lpr; did you mean lrp?"),
    ("lrp:conservation,lpr", "no method lpr; did you mean lrp?"),
    ("lrp:composit=epsilon", "no option `composit` for lrp; did you mean `composite`?"),
    ("lrp:composite=epsilon:gama=3", "no option `gama` for lrp; did you mean `gamma`?"),
    ("occlusion:patch=8:composite=epsilon", "no option `composite` for occlusion"),
    ("lrp:composite", "composite in the method lrp:composite is not OPTION=VALUE"),
    ("lrp:composite=", "composite= in the method lrp:composite= is not OPTION=VALUE"),
    ("lrp:", "a colon in the method lrp: is not OPTION=VALUE"),
    ("lrp:=3", "=3 in the method lrp:=3 is not OPTION=VALUE"),
    ("lrp:conservation=yes", "conservation in the method lrp:conservation=yes takes no value"),
    ("occlusion:patch=8:patch=4", "the method occlusion:patch=8:patch=4 is given patch twice; keep one of them"),
  ])
  func `what cannot be meant is refused`(_ text: String, _ words: String) throws {
    let error = try #require(fault { _ = try MethodVariant.list(parsing: text) })
    #expect(error.kind == .usage)
    #expect(error.line.hasPrefix(words), "\(error.line)")
  }

  @Test func `nothing is no method`() throws {
    #expect(try MethodVariant.list(parsing: " , ").isEmpty)
  }
}
