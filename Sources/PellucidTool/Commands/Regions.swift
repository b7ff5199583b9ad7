import ArgumentParser
import Atlases
import Faults
import Files
import Reports
import Volumes

struct Regions: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a region table of any volume.",
    discussion: """
      For example:

        pellucid regions results/patient_lrp.nii.gz --atlas harvard-oxford-cortical --out cortex.tsv

      Atlas and volume meet in world space (nearest neighbour), never by index. One row a region, then a row "outside" for \
      everything unlabelled; mean is the relevance by volume, abs_share the part of all |R|.
      """)

  @Argument(help: ArgumentHelp("The relevance volume (NIfTI or Analyze).", valueName: "relevance"))
  var relevance: String

  @Option(help: ArgumentHelp("An atlas by name (see pellucid atlases) or a label image.", valueName: "name|path"))
  var atlas: String

  @Option(
    help: ArgumentHelp(
      "The label image's table: index and name, tab-separated (default: beside the image).", valueName: "tsv"))
  var labels: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The table's file (default: standard output).", valueName: "tsv"))
  var out: String?

  @OptionGroup var nan: NaNOption
  @OptionGroup var threads: ThreadOption

  func run() throws {
    threads.apply()
    let atlas = try AtlasOptions.load(atlas, labels: labels)
    let volume = try Volume(contentsOf: relevance, nan: nan.policy)
    let table: RegionTable
    do {
      table = try RegionTable(of: volume, atlas: atlas)
    } catch {
      throw error.located(in: relevance)
    }
    if let out { try AtomicFile.write(table.tsv, to: out) } else { try StandardOutput.write(table.tsv, terminator: "") }
  }
}
