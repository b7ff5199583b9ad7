import ArgumentParser
import PellucidAtlases
import PellucidFaults
import PellucidFiles
import PellucidTransforms
import PellucidVolumes

struct Regions: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a region table of any volume.",
    discussion: """
      For example:

        pellucid regions results/patient_lrp.nii.gz --atlas harvard-oxford-cortical --out cortex.tsv

      Atlas and volume meet in world space (nearest neighbour), never by index. One row a region, then a row "outside" for \
      everything unlabelled; mean is the relevance by volume, abs_share the part of all |R|. Volumes of several channels are \
      added up, unless all channels are the same map.

      With the scan as --anatomy it is checked whether atlas and scan lie on each other.
      """)

  @Argument(help: ArgumentHelp("The relevance volume (NIfTI, Analyze or .mgz).", valueName: "relevance"))
  var relevance: String

  @Option(help: ArgumentHelp("An atlas by name (see pellucid atlases) or a label image.", valueName: "name|path"))
  var atlas: String

  @Option(
    help: ArgumentHelp(
      "The label image's table: index and name, tab-separated (default: beside the image); or freesurfer, neuromorphometrics: the names of these numbers.",
      valueName: "tsv"))
  var labels: String?

  @OptionGroup var handling: AtlasHandling

  @Option(
    help: ArgumentHelp("The scan that the map belongs to: warn where the atlas does not lie on it.", valueName: "image")
  )
  var anatomy: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The table's file (default: standard output).", valueName: "tsv"))
  var out: String?

  @OptionGroup var nan: NaNOption
  @OptionGroup var threads: ThreadOption

  func run() throws {
    threads.apply()
    let sort = try handling.sortColumn()
    let unplaced = try handling.placement.load(self.atlas, labels: labels, nan: nan.policy)
    let volume = try Volume(contentsOf: relevance, nan: nan.policy)
    StandardError.tell(volume.notes, of: relevance)
    let transforms = try handling.placement.transforms(nan: nan.policy)
    let atlas = try handling.placement.placed(unplaced, on: volume, by: transforms)
    if !volume.voxels.contains(where: { $0 != 0 }) {
      StandardError.write("pellucid: note: \(relevance): every voxel is 0")
    }
    let table: RegionTable
    do {
      table = try RegionTable(of: volume, atlas: atlas, weights: handling.weights)
    } catch {
      throw error.located(in: relevance)
    }
    let text = table.tsv(
      sortedBy: sort, remarks: try remarks(atlas, transforms))
    if let out { try AtomicFile.write(text, to: out) } else { try StandardOutput.write(text, terminator: "") }
  }

  /// What the scan shows to be wrong with the alignment; told on standard error, too.
  private func remarks(_ atlas: Atlas, _ transforms: [TransformFile]) throws(PellucidError) -> [String] {
    guard let anatomy else { return [] }
    let scan = try Volume(contentsOf: anatomy, nan: .zero)
    let check = AlignmentCheck(scan, atlas: atlas, transform: transforms.words)
    StandardError.tell(scan.notes + check.warnings, of: anatomy)
    return check.warnings.map { StandardError.withOptions($0.text) }
  }
}
