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
  /// What was found in the cohort.
  let studies: [StudySection]
  /// What views of the network are in the folders.
  let views: [StoredView]
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
        let (page, picture) = (try read.page(views: scan.views(among: views, alone: true)).html, try read.thumbnail())
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
    var sections: [(section: StudySection, pictures: [String])] = []
    for (number, study) in studies.enumerated() {
      var links: [String] = []
      for picture in study.pictures {
        let file = picture.split(separator: "/").last.map(String.init) ?? picture
        let name = studies.count > 1 ? "study\(number + 1)_\(file)" : file
        guard let bytes = FileContents.bytes(of: picture) else { continue }
        try files.add(bytes, as: name)
        links.append("\(folder)/\(name)")
      }
      sections.append((study, links))
    }
    let page = try CohortPage(
      entries, title: base, studies: sections, views: ViewSection.all(views.filter { $0.scan.isEmpty }),
      predictions: predictions)
    try files.commit()
    try AtomicFile.write(page.html, to: out)
    try StandardOutput.write("\(scans.count) scans: \(out)")
    if let first = faults.first { throw .scansWithoutPage(faults.count, of: scans.count, first) }
  }
}

extension PellucidError {
  static func noRecords(_ folders: [String]) -> Self {
    .init(
      .badData, at: .init(file: folders.joined(separator: ", ")), what: "there is no record of a result",
      remedy: "name a folder that pellucid explain wrote")
  }

  static func studyOfOneScan() -> Self {
    .init(
      .usage, what: "--study is shown on the page of several scans, and there is one", remedy: "leave it out")
  }

  static func scansWithoutPage(_ count: Int, of all: Int, _ first: PellucidError) -> Self {
    .init(
      .badData, at: first.place, what: "\(count) of \(all) scans have no page, the first because \(first.what)",
      remedy: first.remedy)
  }
}
