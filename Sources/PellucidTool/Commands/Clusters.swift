import ArgumentParser
import PellucidAtlases
import PellucidFaults
import PellucidFiles
import PellucidTables
import PellucidVolumes

struct Clusters: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a table of the clusters of any volume: peaks, sizes, regions.",
    discussion: """
      For example:

        pellucid clusters results/patient_lrp.nii.gz --atlas aal \\
          --two-sided --threshold 99.5% --min-size 200

      A cluster is a set of neighbouring voxels above the threshold. A line a cluster, the one with the strongest peak first, then \
      lines for its further peaks (1a, 1b, …). The centre is weighted with |R|; regions lists where 5 % of the voxels or more lie.
      """)

  @Argument(help: ArgumentHelp("The relevance volume (NIfTI, Analyze or .mgz).", valueName: "relevance"))
  var relevance: String

  @Option(help: ArgumentHelp("An atlas by name (see pellucid atlases) or a label image.", valueName: "name|path"))
  var atlas: String?

  @Option(
    help: ArgumentHelp(
      "The label image's table: index and name, tab-separated (default: beside the image); or freesurfer, neuromorphometrics: the names of these numbers.",
      valueName: "tsv"))
  var labels: String?

  @OptionGroup var placement: AtlasPlacement

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Voxels above it make clusters: a value, or a percentile of |R| over voxels that are not 0, such as 99%; a negative value: voxels below it.",
      valueName: "value|percent%"))
  var threshold = "99%"

  @Flag(help: "Clusters of voxels below minus the threshold too.")
  var twoSided = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Neighbours of a voxel: 6 (by faces), 18 (and edges) or 26 (and corners).", valueName: "6|18|26"))
  var connectivity = 6

  @Option(parsing: .unconditional, help: ArgumentHelp("Smaller clusters are left out.", valueName: "mm3"))
  var minSize = 0.0

  @Option(parsing: .unconditional, help: ArgumentHelp("Further peaks a cluster, at most.", valueName: "n"))
  var subpeaks = 3

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How far peaks of a cluster are apart, at least.", valueName: "mm"))
  var peakDistance = 8.0

  @Option(name: .shortAndLong, help: ArgumentHelp("The table's file (default: standard output).", valueName: "tsv"))
  var out: String?

  @Option(
    help: ArgumentHelp(
      "Also write the clusters as a label image: each voxel its cluster's number in the table.", valueName: "nii.gz"))
  var mask: String?

  @OptionGroup var nan: NaNOption
  @OptionGroup var threads: ThreadOption

  func validate() throws {
    guard atlas == nil else { return }
    if let option = ((labels == nil ? [] : ["labels"]) + placement.given).first {
      throw ValidationError("--\(option) needs --atlas")
    }
  }

  func run() throws {
    threads.apply()
    let options = try clusterOptions()
    let unplaced = try self.atlas.map { try placement.load($0, labels: labels, nan: nan.policy) }
    let volume = try Volume(contentsOf: relevance, nan: nan.policy)
    StandardError.tell(volume.notes, of: relevance)
    let transforms = try placement.transforms(nan: nan.policy)
    let atlas = try unplaced.map { try placement.placed($0, on: volume, by: transforms) }
    let table: ClusterTable
    do throws(PellucidError) {
      table = try ClusterTable(of: volume, atlas: atlas, options: options)
    } catch {
      throw error.located(in: relevance)
    }
    for note in volume.notes { StandardError.write("pellucid: note: \(relevance): \(note.what); \(note.how)") }
    tell(table)
    if let mask {
      try table.mask(of: volume).write(to: mask, description: "clusters, numbered as in their table")
    }
    if let out { try AtomicFile.write(table.tsv, to: out) } else { try StandardOutput.write(table.tsv, terminator: "") }
  }

  private func clusterOptions() throws(PellucidError) -> ClusterTable.Options {
    var options = ClusterTable.Options()
    let isPercentile = threshold.hasSuffix("%")
    guard let number = Double(isPercentile ? String(threshold.dropLast()) : threshold), number.isFinite else {
      throw .clusterThreshold(threshold)
    }
    options.threshold = isPercentile ? .percentile(number) : .value(number)
    guard let neighbours = Connectivity(rawValue: connectivity) else {
      throw .choice("connectivity", "\(connectivity)", among: Connectivity.allCases.map { "\($0.rawValue)" })
    }
    options.connectivity = neighbours
    options.isTwoSided = twoSided
    options.minimumSize = minSize
    options.subpeaks = subpeaks
    options.peakDistance = peakDistance
    return options
  }

  /// What the threshold came to, and why a table is empty, on standard error.
  private func tell(_ table: ClusterTable) {
    guard let value = table.threshold else {
      StandardError.write("pellucid: note: \(relevance): every voxel is 0; there are no clusters")
      return
    }
    if threshold.hasSuffix("%") {
      StandardError.write(
        "pellucid: note: the threshold is \(NumberText.significant(value, digits: 4)), the percentile \(threshold) of |R|"
      )
    }
    if table.clusters.isEmpty {
      StandardError.write(
        "pellucid: note: \(relevance): there are no such clusters; the largest |R| is \(NumberText.significant(table.largest, digits: 4))"
      )
    }
  }
}
