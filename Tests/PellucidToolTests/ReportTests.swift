import Foundation
import Testing

/// `explain --report` and `report`; what a browser makes of their pages, `Tests/Browser` looks at.
@Suite struct `Report` {
  /// A convolution of the fixtures' network.
  private static let layer = "/features/features.0/Conv"

  private func explained(_ more: String = "") throws -> TemporaryFolder {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try Tool.run(
      "explain scan.nii.gz --model cnn.onnx --method lrp,occlusion --patch 4 --atlas quarters.nii.gz --out out \(more)",
      in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    return folder
  }

  /// What the page carries for its script.
  private func data(_ page: String) throws -> [String: Any] {
    let start = try #require(page.range(of: "id=\"data\">"))
    let end = try #require(page.range(of: "</script>", range: start.upperBound..<page.endIndex))
    return try decoded(Data(page[start.upperBound..<end.lowerBound].utf8))
  }

  @Test func `explain writes a page of all methods beside their files`() throws {
    let folder = try explained("--report")
    #expect(folder.listing("out").contains("scan_report.html"))
    let data = try data(try String(contentsOf: folder.url.appending(path: "out/scan_report.html"), encoding: .utf8))
    let methods = try #require(data["methods"] as? [[String: Any]])
    #expect(methods.map { $0["id"] as? String } == ["lrp", "occlusion"])
    let record = try #require(methods[0]["record"] as? [String: Any])
    let kept = try folder.json("out/scan_lrp.json")
    #expect(NSDictionary(dictionary: record) == NSDictionary(dictionary: kept))
  }

  @Test func `A page of a folder is the page of explain`() throws {
    let folder = try explained("--report")
    let answer = try Tool.run("report out --out page.html", in: folder.url)
    #expect(answer.status == 0 && answer.error.isEmpty && answer.output == "scan: page.html\n")
    // Keys of a record that was read come sorted.
    let pages = try ["out/scan_report.html", "page.html"].map {
      NSDictionary(
        dictionary: try data(try String(contentsOf: folder.url.appending(path: $0), encoding: .utf8)))
    }
    #expect(pages[0] == pages[1])
  }

  @Test func `Views of the network are shown below the maps of their scan, or alone`() throws {
    let folder = try explained()
    for command in [
      "features scan.nii.gz --model cnn.onnx --layer \(Self.layer) --out out",
      "features scan_LIA.nii.gz --model cnn.onnx --layer \(Self.layer) --out out",
      "filters cnn.onnx --layer \(Self.layer) --out out",
    ] {
      let answer = try Tool.run(command, in: folder.url)
      try #require(answer.status == 0, "\(answer.error)")
    }
    #expect(try Tool.run("report out --out page.html", in: folder.url).output == "scan: page.html\n")
    let page = try String(contentsOf: folder.url.appending(path: "page.html"), encoding: .utf8)
    #expect(page.contains("data-view=\"scan_features_") && page.contains("data-view=\"cnn_filters_"))
    #expect(!page.contains("data-view=\"scan_LIA"))
    #expect(page.contains("data:image/png;base64,"))
    try FileManager.default.createDirectory(at: folder.url.appending(path: "views"), withIntermediateDirectories: false)
    for name in folder.listing("out") where name.contains("_features_") {
      try FileManager.default.moveItem(
        at: folder.url.appending(path: "out/\(name)"), to: folder.url.appending(path: "views/\(name)"))
    }
    #expect(try Tool.run("report views --out views.html", in: folder.url).output == "2 views: views.html\n")
    let alone = try String(contentsOf: folder.url.appending(path: "views.html"), encoding: .utf8)
    #expect(alone.contains("data-view=\"scan_LIA_features_") && !alone.contains("<script"))
  }

  @Test func `Pages of a scan, of a cohort and of views have one frame`() throws {
    let folder = try TemporaryFolder.withFixtures()
    for command in [
      "explain scan.nii.gz --model cnn.onnx --method saliency --out out --report",
      "explain scan.nii.gz scan_LIA.nii.gz --model cnn.onnx --method saliency --out both",
      "report both --out cohort.html",
      "features scan.nii.gz --model cnn.onnx --layer \(Self.layer) --out views", "report views --out views.html",
    ] {
      let answer = try Tool.run(command, in: folder.url)
      try #require(answer.status == 0, "\(command): \(answer.error)")
    }
    for (name, product, heading) in [
      ("out/scan_report.html", "report", "scan"), ("cohort.html", "cohort", "cohort"), ("views.html", "views", "views"),
    ] {
      let page = try String(contentsOf: folder.url.appending(path: name), encoding: .utf8)
      #expect(page.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">") && page.hasSuffix("</body>\n</html>\n"))
      #expect(page.contains("<title>\(heading) · Pellucid</title>"))
      #expect(page.contains("<p class=\"product\">Pellucid \(product)</p><h1>\(heading)</h1>"))
      #expect(page.contains("default-src 'none';") && page.contains("base-uri 'none'; form-action 'none'"))
      #expect(page.contains("Nothing on this page is a diagnosis"))
      #expect(page.contains("<div id=\"theme\"></div>") == page.contains("<script>"))
      #expect(!page.contains("{{"), "\(name)")
    }
  }

  @Test func `A page asks for nothing but itself`() throws {
    let folder = try explained("--report")
    let page = try String(contentsOf: folder.url.appending(path: "out/scan_report.html"), encoding: .utf8)
    for word in ["src=\"http", "href=\"http", "@import", "url(", "fetch(", "import("] {
      #expect(!page.contains(word), "\(word)")
    }
    #expect(page.contains("default-src 'none'"))
    #expect(!page.contains("\nimport ") && !page.contains("\nexport "))
  }

  @Test func `Merged and transformed atlases are found again by what their tables count`() throws {
    let folder = try explained("--group bilateral")
    #expect(try Tool.run("report out --out page.html", in: folder.url).error.isEmpty)
    let page = try data(try String(contentsOf: folder.url.appending(path: "page.html"), encoding: .utf8))
    let names = ((page["atlas"] as? [String: Any])?["regions"] as? [[String: Any]])?.compactMap {
      $0["name"] as? String
    }
    #expect(names?.contains("Back") == true && names?.contains("Back_L") == false)
  }

  @Test func `What is missing is told, and the page shows the rest`() throws {
    let folder = try explained()
    try FileManager.default.createDirectory(at: folder.url.appending(path: "moved"), withIntermediateDirectories: false)
    for name in ["scan.nii.gz", "quarters.nii.gz"] {
      try FileManager.default.moveItem(
        at: folder.url.appending(path: name), to: folder.url.appending(path: "moved/\(name)"))
    }
    let answer = try Tool.run("report out --out page.html", in: folder.url)
    #expect(answer.status == 0)
    #expect(answer.lines.count == 2)
    #expect(answer.lines.first?.contains("the scan scan.nii.gz is not found") == true)
    #expect(answer.lines.last?.contains("the atlas quarters is not found as it was") == true)
    let page = try data(try String(contentsOf: folder.url.appending(path: "page.html"), encoding: .utf8))
    #expect(page["anatomy"] == nil && page["atlas"] == nil && (page["remarks"] as? [String])?.count == 2)
    let found = try Tool.run("report out --out page.html --images moved", in: folder.url)
    #expect(found.lines.count == 1)
    // Another scan of the same name is not the scan.
    try FileManager.default.copyItem(
      at: folder.url.appending(path: "scan_LIA.nii.gz"), to: folder.url.appending(path: "scan.nii.gz"))
    let altered = try Tool.run("report out --out page.html", in: folder.url)
    #expect(altered.lines.first?.contains("scan.nii.gz is not the scan that was explained any more") == true)
  }

  @Test func `A viewer of nothing, or of a network that is not there, is refused`() throws {
    let folder = try explained()
    try FileManager.default.createDirectory(at: folder.url.appending(path: "empty"), withIntermediateDirectories: false)
    let none = try Tool.run("view empty --no-browser", in: folder.url)
    #expect(none.status == 65 && none.error.contains("there is no record of a result"))
    #expect(try Tool.run("view out --no-browser --model nowhere.onnx", in: folder.url).status == 65)
    #expect(try Tool.run("view out --no-browser --card cnn.yaml", in: folder.url).status == 64)
    #expect(try Tool.run("view out --no-browser --port 70000", in: folder.url).status == 64)
  }

  @Test func `Folders that make no page are refused, and nothing is left`() throws {
    let folder = try explained()
    try FileManager.default.createDirectory(at: folder.url.appending(path: "empty"), withIntermediateDirectories: false)
    let none = try Tool.run("report empty --out page.html", in: folder.url)
    #expect(none.status == 65 && none.error.contains("there is no record of a result"))
    #expect(try Tool.run("report nowhere --out page.html", in: folder.url).status == 65)
    try Data([1, 2, 3]).write(to: folder.url.appending(path: "out/scan_lrp.nii.gz"))
    let altered = try Tool.run("report out --out page.html", in: folder.url)
    #expect(altered.status == 65 && altered.error.contains("scan_lrp.nii.gz was altered"))
    try FileManager.default.removeItem(at: folder.url.appending(path: "out/scan_lrp.nii.gz"))
    let missing = try Tool.run("report out --out page.html", in: folder.url)
    #expect(missing.status == 65 && missing.error.contains("scan_lrp.nii.gz is missing"))
    #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "page.html").path))
  }
}
