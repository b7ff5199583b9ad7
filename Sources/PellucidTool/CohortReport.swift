import PellucidAttribution
import PellucidFaults
import PellucidFiles
import PellucidPages
import PellucidResults
import PellucidTables

/// The page of several scans, and beside it a folder with each one's page and picture.
struct CohortReport {
  let scans: [StoredScan]
  let predictions: [Table]
  let images: String?
  let out: String

  /// Writes all of it; a scan that cannot be shown stops nobody else.
  /// - Throws: `.badData` at the end where there were such scans.
  func write() throws(PellucidError) {
    let name = out.split(separator: "/").last.map(String.init) ?? out
    let base = name.hasSuffix(".html") ? String(name.dropLast(5)) : name
    let folder = base + "_scans"
    let files = try FileSet(folder: String(out.dropLast(name.count)) + folder)
    var entries: [CohortPage.Entry] = []
    var faults: [PellucidError] = []
    for (scan, label) in zip(scans, FileLabel.distinct(scans.map(\.stem))) {
      var entry = CohortPage.Entry(scan, page: nil, picture: nil)
      do throws(PellucidError) {
        let read = try scan.read(lookingIn: images)
        StandardError.tell(read.notes, of: scan.stem)
        let (page, picture) = (try read.page().html, try read.thumbnail())
        try files.add(page, as: label + "_report.html")
        try files.add(picture, as: label + ".png")
        entry.page = "\(folder)/\(label)_report.html"
        entry.picture = "\(folder)/\(label).png"
      } catch  where error.kind != .output {
        StandardError.write("pellucid: warning: \(error.line)")
        entry.fault = error.what
        faults.append(error)
      }
      entries.append(entry)
    }
    let page = try CohortPage(entries, title: base, predictions: predictions)
    try files.commit()
    try AtomicFile.write(page.html, to: out)
    try StandardOutput.write("\(scans.count) scans: \(out)")
    if let first = faults.first { throw .scansWithoutPage(faults.count, of: scans.count, first) }
  }
}

/// The results in folders and the folders below, and the tables of predictions that stand there.
struct StoredFolders {
  private(set) var results: [StoredResult] = []
  private(set) var predictions: [Table] = []

  /// How deep results may lie: `sub-X/ses-Y/anat` of BIDS derivatives is three.
  private static let depth = 4

  init(_ folders: [String]) throws(PellucidError) {
    for folder in folders { try look(into: ResultFolder(folder), depth: 0) }
  }

  private mutating func look(into folder: ResultFolder, depth: Int) throws(PellucidError) {
    results += try folder.results()
    for name in FileContents.names(inFolder: folder.path) ?? [] where !name.hasPrefix(".") {
      let path = folder.path(of: name)
      if name == "predictions.tsv" {
        predictions.append(try Table(contentsOf: path))
      } else if depth < Self.depth, case .folder = FileKind.at(path) {
        try look(into: ResultFolder(path), depth: depth + 1)
      }
    }
  }
}

extension PellucidError {
  static func noRecords(_ folders: [String]) -> Self {
    .init(
      .badData, at: .init(file: folders.joined(separator: ", ")), what: "there is no record of a result",
      remedy: "name a folder that pellucid explain wrote")
  }

  static func scansWithoutPage(_ count: Int, of all: Int, _ first: PellucidError) -> Self {
    .init(
      .badData, at: first.place, what: "\(count) of \(all) scans have no page, the first because \(first.what)",
      remedy: first.remedy)
  }
}
