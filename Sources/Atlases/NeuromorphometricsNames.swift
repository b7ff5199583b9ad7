/// The numbers and names of the Neuromorphometrics labels, as SPM12's and CAT12's label images of that name use them.
///
/// From 100 on the even number is the right side, the odd one the left. The letters are the protocol's own short names of gyri
/// (http://neuromorphometrics.com).
enum NeuromorphometricsNames {
  /// All regions, by number.
  static var regions: [Region] { (middle + deep + cortex).sorted { $0.index < $1.index } }

  private static let middle: [Region] = [
    (4, "3rd Ventricle"), (11, "4th Ventricle"), (35, "Brain Stem"), (46, "CSF"), (69, "Optic Chiasm"),
    (71, "Cerebellar Vermal Lobules I-V"), (72, "Cerebellar Vermal Lobules VI-VII"),
    (73, "Cerebellar Vermal Lobules VIII-X"),
  ].map { Region(index: $0.0, name: $0.1, hemisphere: .both) }

  private static let deep: [Region] = [
    (23, 30, "Accumbens Area"), (31, 32, "Amygdala"), (36, 37, "Caudate"), (38, 39, "Cerebellum Exterior"),
    (40, 41, "Cerebellum White Matter"), (44, 45, "Cerebral White Matter"), (47, 48, "Hippocampus"),
    (49, 50, "Inf Lat Vent"), (51, 52, "Lateral Ventricle"), (55, 56, "Pallidum"), (57, 58, "Putamen"),
    (59, 60, "Thalamus Proper"), (61, 62, "Ventral DC"), (75, 76, "Basal Forebrain"),
  ].flatMap { (right, left, name) in
    // Of the basal forebrain alone the left side has the lower number.
    let (right, left) = right == 75 ? (left, right) : (right, left)
    return sides(right: Int32(right), left: Int32(left), name)
  }

  private static func sides(right: Int32, left: Int32, _ name: String) -> [Region] {
    [
      Region(index: right, name: "Right \(name)", hemisphere: .right),
      Region(index: left, name: "Left \(name)", hemisphere: .left),
    ]
  }

  private static let gyri: [(Int32, String)] = [
    (100, "ACgG anterior cingulate gyrus"), (102, "AIns anterior insula"), (104, "AOrG anterior orbital gyrus"),
    (106, "AnG angular gyrus"), (108, "Calc calcarine cortex"), (112, "CO central operculum"), (114, "Cun cuneus"),
    (116, "Ent entorhinal area"), (118, "FO frontal operculum"), (120, "FRP frontal pole"),
    (122, "FuG fusiform gyrus"), (124, "GRe gyrus rectus"), (128, "IOG inferior occipital gyrus"),
    (132, "ITG inferior temporal gyrus"), (134, "LiG lingual gyrus"), (136, "LOrG lateral orbital gyrus"),
    (138, "MCgG middle cingulate gyrus"), (140, "MFC medial frontal cortex"), (142, "MFG middle frontal gyrus"),
    (144, "MOG middle occipital gyrus"), (146, "MOrG medial orbital gyrus"),
    (148, "MPoG postcentral gyrus medial segment"), (150, "MPrG precentral gyrus medial segment"),
    (152, "MSFG superior frontal gyrus medial segment"), (154, "MTG middle temporal gyrus"),
    (156, "OCP occipital pole"), (160, "OFuG occipital fusiform gyrus"),
    (162, "OpIFG opercular part of the inferior frontal gyrus"),
    (164, "OrIFG orbital part of the inferior frontal gyrus"), (166, "PCgG posterior cingulate gyrus"),
    (168, "PCu precuneus"), (170, "PHG parahippocampal gyrus"), (172, "PIns posterior insula"),
    (174, "PO parietal operculum"), (176, "PoG postcentral gyrus"), (178, "POrG posterior orbital gyrus"),
    (180, "PP planum polare"), (182, "PrG precentral gyrus"), (184, "PT planum temporale"),
    (186, "SCA subcallosal area"), (190, "SFG superior frontal gyrus"), (192, "SMC supplementary motor cortex"),
    (194, "SMG supramarginal gyrus"), (196, "SOG superior occipital gyrus"), (198, "SPL superior parietal lobule"),
    (200, "STG superior temporal gyrus"), (202, "TMP temporal pole"),
    (204, "TrIFG triangular part of the inferior frontal gyrus"), (206, "TTG transverse temporal gyrus"),
  ]

  private static let cortex: [Region] = gyri.flatMap { sides(right: $0.0, left: $0.0 + 1, $0.1) }
}
