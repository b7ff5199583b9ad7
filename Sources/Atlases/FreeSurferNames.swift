/// FreeSurfer's numbers of structures and their names, as `aseg`, `aparc+aseg`, `aparc.DKTatlas+aseg`, `aparc.a2009s+aseg` and `wmparc` images
/// use them; FastSurfer and SynthSeg use the same.
///
/// Written out from the numbering itself: 1000 + n and 2000 + n are the left and the right cortex of parcel n (Desikan et al. 2006,
/// doi:10.1016/j.neuroimage.2006.01.021), 3000 + n and 4000 + n the white matter under it; 11100 + n to 14100 + n the same of
/// Destrieux et al. 2010, doi:10.1016/j.neuroimage.2010.06.010.
enum FreeSurferNames {
  /// All regions, by number.
  static var regions: [Region] { (structures + parcels).sorted { $0.index < $1.index } }

  /// A structure of both sides: its numbers on the left and on the right, its name without the side, and the larger part it belongs to.
  private static let paired: [(left: Int32, right: Int32, name: String, lobe: String)] = [
    (2, 41, "Cerebral-White-Matter", "Cerebral white matter"), (3, 42, "Cerebral-Cortex", "Cerebral cortex"),
    (4, 43, "Lateral-Ventricle", "Ventricles"), (5, 44, "Inf-Lat-Vent", "Ventricles"),
    (7, 46, "Cerebellum-White-Matter", "Cerebellum"), (8, 47, "Cerebellum-Cortex", "Cerebellum"),
    (10, 49, "Thalamus", "Deep grey matter"), (11, 50, "Caudate", "Deep grey matter"),
    (12, 51, "Putamen", "Deep grey matter"), (13, 52, "Pallidum", "Deep grey matter"),
    (17, 53, "Hippocampus", "Deep grey matter"), (18, 54, "Amygdala", "Deep grey matter"),
    (26, 58, "Accumbens-area", "Deep grey matter"), (28, 60, "VentralDC", "Deep grey matter"),
    (30, 62, "vessel", "Other"), (31, 63, "choroid-plexus", "Ventricles"),
    (78, 79, "WM-hypointensities", "Cerebral white matter"), (81, 82, "non-WM-hypointensities", "Other"),
    (5001, 5002, "UnsegmentedWhiteMatter", "Cerebral white matter"),
  ]

  private static let middle: [(number: Int32, name: String, lobe: String)] = [
    (14, "3rd-Ventricle", "Ventricles"), (15, "4th-Ventricle", "Ventricles"), (16, "Brain-Stem", "Brain stem"),
    (24, "CSF", "Other"), (72, "5th-Ventricle", "Ventricles"), (77, "WM-hypointensities", "Cerebral white matter"),
    (80, "non-WM-hypointensities", "Other"), (85, "Optic-Chiasm", "Other"),
    (192, "Corpus_Callosum", "Cerebral white matter"), (251, "CC_Posterior", "Cerebral white matter"),
    (252, "CC_Mid_Posterior", "Cerebral white matter"), (253, "CC_Central", "Cerebral white matter"),
    (254, "CC_Mid_Anterior", "Cerebral white matter"), (255, "CC_Anterior", "Cerebral white matter"),
  ]

  private static var structures: [Region] {
    middle.map { Region(index: $0.number, name: $0.name, hemisphere: .both, lobe: $0.lobe) }
      + paired.flatMap { pair in
        [
          Region(index: pair.left, name: "Left-\(pair.name)", hemisphere: .left, lobe: pair.lobe),
          Region(index: pair.right, name: "Right-\(pair.name)", hemisphere: .right, lobe: pair.lobe),
        ]
      }
  }

  /// Desikan and Killiany's parcels from 0 on, with the lobe's first letter.
  private static let desikan = """
    unknown:- bankssts:T caudalanteriorcingulate:C caudalmiddlefrontal:F corpuscallosum:- cuneus:O entorhinal:T fusiform:T \
    inferiorparietal:P inferiortemporal:T isthmuscingulate:C lateraloccipital:O lateralorbitofrontal:F lingual:O \
    medialorbitofrontal:F middletemporal:T parahippocampal:T paracentral:F parsopercularis:F parsorbitalis:F \
    parstriangularis:F pericalcarine:O postcentral:P posteriorcingulate:C precentral:F precuneus:P \
    rostralanteriorcingulate:C rostralmiddlefrontal:F superiorfrontal:F superiorparietal:P superiortemporal:T \
    supramarginal:P frontalpole:F temporalpole:T transversetemporal:T insula:I
    """

  /// Destrieux's parcels from 0 on.
  private static let destrieux = """
    Unknown G_and_S_frontomargin G_and_S_occipital_inf G_and_S_paracentral G_and_S_subcentral G_and_S_transv_frontopol \
    G_and_S_cingul-Ant G_and_S_cingul-Mid-Ant G_and_S_cingul-Mid-Post G_cingul-Post-dorsal G_cingul-Post-ventral G_cuneus \
    G_front_inf-Opercular G_front_inf-Orbital G_front_inf-Triangul G_front_middle G_front_sup G_Ins_lg_and_S_cent_ins \
    G_insular_short G_occipital_middle G_occipital_sup G_oc-temp_lat-fusifor G_oc-temp_med-Lingual G_oc-temp_med-Parahip \
    G_orbital G_pariet_inf-Angular G_pariet_inf-Supramar G_parietal_sup G_postcentral G_precentral G_precuneus G_rectus \
    G_subcallosal G_temp_sup-G_T_transv G_temp_sup-Lateral G_temp_sup-Plan_polar G_temp_sup-Plan_tempo G_temporal_inf \
    G_temporal_middle Lat_Fis-ant-Horizont Lat_Fis-ant-Vertical Lat_Fis-post Medial_wall Pole_occipital Pole_temporal \
    S_calcarine S_central S_cingul-Marginalis S_circular_insula_ant S_circular_insula_inf S_circular_insula_sup \
    S_collat_transv_ant S_collat_transv_post S_front_inf S_front_middle S_front_sup S_interm_prim-Jensen \
    S_intrapariet_and_P_trans S_oc_middle_and_Lunatus S_oc_sup_and_transversal S_occipital_ant S_oc-temp_lat \
    S_oc-temp_med_and_Lingual S_orbital_lateral S_orbital_med-olfact S_orbital-H_Shaped S_parieto_occipital S_pericallosal \
    S_postcentral S_precentral-inf-part S_precentral-sup-part S_suborbital S_subparietal S_temporal_inf S_temporal_sup \
    S_temporal_transverse
    """

  private static let lobes: [String: String] = [
    "F": "Frontal", "P": "Parietal", "T": "Temporal", "O": "Occipital", "C": "Cingulate", "I": "Insula",
  ]

  private static var parcels: [Region] {
    var all: [Region] = []
    let sides: [(left: Bool, step: Int32)] = [(true, 0), (false, 1000)]
    for (isLeft, step) in sides {
      let (hemisphere, side) = isLeft ? (Hemisphere.left, "lh") : (.right, "rh")
      for (n, entry) in desikan.split(separator: " ").enumerated() {
        let parts = entry.split(separator: ":").map(String.init)
        all.append(
          Region(
            index: 1000 + step + Int32(n), name: "ctx-\(side)-\(parts[0])", hemisphere: hemisphere,
            lobe: lobes[parts[1]]))
        all.append(
          Region(
            index: 3000 + step + Int32(n), name: "wm-\(side)-\(parts[0])", hemisphere: hemisphere,
            lobe: "Cerebral white matter"))
      }
      for (n, name) in destrieux.split(separator: " ").enumerated() {
        all.append(
          Region(index: 11100 + step + Int32(n), name: "ctx_\(side)_\(name)", hemisphere: hemisphere))
        all.append(
          Region(
            index: 13100 + step + Int32(n), name: "wm_\(side)_\(name)", hemisphere: hemisphere,
            lobe: "Cerebral white matter"))
      }
    }
    return all
  }
}
