#include "frontend/log_mel_options/options.h"

/* 2^14 sqrt(i << 24), i = 64..256 */
static const int32_t roots[193] = {
    536870912,  541048959,  545194988,  549309726,  553393869,  557448091,  561473039,  565469339,  569437594,
    573378385,  577292276,  581179810,  585041513,  588877892,  592689439,  596476630,  600239927,  603979776,
    607696610,  611390848,  615062898,  618713155,  622342002,  625949812,  629536947,  633103757,  636650584,
    640177761,  643685611,  647174447,  650644577,  654096296,  657529896,  660945659,  664343859,  667724766,
    671088640,  674435736,  677766303,  681080584,  684378814,  687661225,  690928043,  694179487,  697415773,
    700637110,  703843704,  707035755,  710213460,  713377010,  716526592,  719662391,  722784585,  725893351,
    728988859,  732071278,  735140772,  738197504,  741241630,  744273306,  747292683,  750299909,  753295130,
    756278489,  759250125,  762210176,  765158775,  768096056,  771022147,  773937175,  776841264,  779734538,
    782617115,  785489114,  788350651,  791201838,  794042787,  796873608,  799694409,  802505294,  805306368,
    808097733,  810879489,  813651735,  816414567,  819168081,  821912370,  824647527,  827373642,  830090804,
    832799101,  835498619,  838189443,  840871656,  843545340,  846210577,  848867446,  851516025,  854156391,
    856788620,  859412787,  862028966,  864637229,  867237648,  869830292,  872415232,  874992535,  877562269,
    880124500,  882679294,  885226714,  887766825,  890299688,  892825366,  895343919,  897855408,  900359891,
    902857426,  905348072,  907831885,  910308921,  912779235,  915242881,  917699913,  920150384,  922594347,
    925031853,  927462953,  929887697,  932306134,  934718315,  937124286,  939524096,  941917792,  944305420,
    946687026,  949062656,  951432354,  953796165,  956154132,  958506298,  960852707,  963193399,  965528416,
    967857801,  970181592,  972499831,  974812557,  977119809,  979421626,  981718045,  984009106,  986294844,
    988575298,  990850503,  993120495,  995385311,  997644986,  999899554,  1002149049, 1004393507, 1006632960,
    1008867442, 1011096986, 1013321625, 1015541390, 1017756314, 1019966428, 1022171763, 1024372351, 1026568221,
    1028759405, 1030945931, 1033127829, 1035305130, 1037477860, 1039646051, 1041809728, 1043968922, 1046123659,
    1048273967, 1050419873, 1052561404, 1054698586, 1056831447, 1058960012, 1061084307, 1063204358, 1065320189,
    1067431827, 1069539296, 1071642620, 1073741824,
};

/* 2^6 sqrt(power), at most 2^22. Interpolation errs by less than 2^-17 of it. */
static uint32_t root(uint32_t power)
{
    uint32_t zeros, m, fraction;
    const int32_t *row;

    if (power == 0) {
        return 0;
    }
    zeros = fe_leading_zeros(power) & ~1u;
    m = power << zeros;
    row = roots + ((m >> 24) - 64u);
    fraction = (m >> 8) & 0xffffu;
    return ((uint32_t)row[0] + ((((uint32_t)(row[1] - row[0]) >> 8) * fraction) >> 8)) >> (8u + zeros / 2u);
}

/* The lowest number of leading zeros among the bins' values, 0..31. */
static uint32_t headroom(const int32_t *re, const int32_t *im, size_t bins)
{
    uint32_t any = 1;

    for (size_t i = 0; i < bins; i++) {
        any |= fe_magnitude(re[i]) | fe_magnitude(*(im - i));
    }
    return fe_leading_zeros(any);
}

/* A bin's value times `factor`, which brings its segment's largest to 15 bits, rounded: the many small bins beside a
   loud one must not add up to more than they are. */
static int32_t brought(int32_t value, uint32_t factor)
{
    return fe_wrap((uint32_t)value * factor + 0x8000u) >> 16;
}

void fe_mel_magnitude(const fe_config *config, const int32_t *spectrum, fe_segment *segments)
{
    const int32_t *re = spectrum + config->first_bin, *im = spectrum + (config->fft - config->first_bin);
    const uint16_t *share = config->shares_q16;

    for (size_t s = 0; s <= config->bands; s++) {
        size_t bins = config->segment_bins[s];
        uint32_t zeros = headroom(re, im, bins), total = 0, up = 0;

        zeros = zeros > 0 ? zeros : 1;
        for (size_t i = 0; i < bins; i++, re++, im--, share++) {
            uint32_t factor = UINT32_C(1) << (zeros - 1);
            int32_t a = brought(*re, factor), b = brought(*im, factor);
            uint32_t magnitude = root((uint32_t)(a * a) + (uint32_t)(b * b));

            total += magnitude; /* 512 bins below 2^21.6 */
            up += (uint32_t)(((uint64_t)magnitude * *share) >> 16);
        }
        segments[s] = (fe_segment){up, total - up, 11 - (int32_t)zeros};
    }
}
