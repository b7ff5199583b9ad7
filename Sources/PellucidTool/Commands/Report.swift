import ArgumentParser
import PellucidFaults
import PellucidFiles
import PellucidPages
import PellucidResults

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a page of results to look around in: slices, regions, what to trust.",
    discussion: """
      For example:

        pellucid explain patient.nii.gz --model cnn.onnx \\
          --method lrp,occlusion --atlas aal --out results
        pellucid report results --out patient.html

      The page is one file that opens from disk in any browser, asks the network for nothing, and holds every result of the scan: \
      three linked planes with the values under a crosshair, thresholds, clusters, the region table, how it was made. \
      pellucid explain --report makes the same page at once.

      What features, maximize, concepts and the other views of a network wrote into the folders is shown below the maps of its \
      scan, or, where there are none, on a page of its own.

      Of several scans it becomes a list to sort and to filter, with columns of predictions.tsv where a folder has one; each \
      scan's own page and picture then go to a folder beside it, cohort_scans for cohort.html. --study shows above the list what \
      pellucid group or evaluate bias found.
      """)

  @Argument(help: ArgumentHelp("Folders that pellucid explain or cohort wrote.", valueName: "folder"))
  var folders: [String]

  @Option(name: .shortAndLong, help: ArgumentHelp("The page's file.", valueName: "html"))
  var out: FolderPath

  @Option(
    help: ArgumentHelp(
      "A folder that has the scans, if they are no longer where they were explained.", valueName: "folder"))
  var images: String?

  @Option(
    help: ArgumentHelp(
      "A folder that pellucid group or evaluate bias wrote, shown on a cohort's page; may be repeated.",
      valueName: "folder"))
  var study: [String] = []

  func run() throws {
    let studies = try study.map { try StudySection($0) }
    let found = try StoredFolders(folders)
    let scans = StoredScan.all(found.results)
    guard let scan = scans.first else {
      if found.views.isEmpty { throw PellucidError.noRecords(folders) }
      if !studies.isEmpty { throw PellucidError.studyOfOneScan() }
      let name = out.path.split(separator: "/").last.map(String.init) ?? out.path
      let title = name.hasSuffix(".html") ? String(name.dropLast(5)) : name
      try AtomicFile.write(ViewsPage(of: found.views, title: title).html, to: out.path)
      try StandardOutput.write("\(found.views.count) view\(found.views.count == 1 ? "" : "s"): \(out.path)")
      return
    }
    guard scans.count == 1 else {
      try CohortReport(
        scans: scans, predictions: found.predictions, images: images, studies: studies, views: found.views,
        out: out.path
      ).write()
      return
    }
    if !studies.isEmpty { throw PellucidError.studyOfOneScan() }
    let read = try scan.read(lookingIn: images)
    StandardError.tell(read.notes)
    try AtomicFile.write(try read.page(views: scan.views(among: found.views)).html, to: out.path)
    try StandardOutput.write("\(scan.stem): \(out.path)")
  }
}
