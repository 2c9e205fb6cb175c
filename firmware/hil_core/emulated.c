#include "emulated.h"

#include "soc/efuse_reg.h"
#include "soc/rtc_cntl_reg.h"
#include "soc/soc.h"

/* Both peripherals carry the date of their design in a register that nobody writes. QEMU has the peripherals, and not
 * these registers: they read as zero. Either alone would do; the second is against an accident. */
bool chip_is_emulated(void)
{
#if defined(RTC_CNTL_DATE_REG) && defined(EFUSE_DATE_REG)
    return REG_READ(RTC_CNTL_DATE_REG) == 0 && REG_READ(EFUSE_DATE_REG) == 0;
#else
    return false;
#endif
}
