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
      Atlas and volume meet in world space (nearest neighbour), never by index. Without --out the table goes to standard output.
      """)

  @Argument(help: ArgumentHelp("The relevance volume (NIfTI or Analyze).", valueName: "relevance"))
  var relevance: String

  @Option(help: ArgumentHelp("An atlas by name (see pellucid atlases) or a label image.", valueName: "name|path"))
  var atlas: String

  @Option(help: ArgumentHelp("The label image's table: index and name, tab-separated.", valueName: "tsv"))
  var labels: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The table's file.", valueName: "tsv"))
  var out: String?

  @Option(help: ArgumentHelp("What to do with voxels that are NaN or infinite: refuse or zero.", valueName: "policy"))
  var nan: NaNChoice = .refuse

  func run() throws {
    let atlas = try AtlasLibrary.standard().atlas(atlas, labels: labels)
    let volume = try Volume(contentsOf: relevance, nan: nan.policy)
    let table: RegionTable
    do {
      table = try RegionTable(of: volume, atlas: atlas)
    } catch {
      throw error.located(in: relevance)
    }
    if let out { try AtomicFile.write(table.tsv, to: out) } else { print(table.tsv, terminator: "") }
  }
}
