#include "emulated.h"

#include "soc/rtc_cntl_reg.h"
#include "soc/soc.h"
#include "soc/timer_group_reg.h"

/* Both peripherals always run, and carry the date of their design in a register that nobody writes. QEMU has the
 * peripherals and not these registers: they read as zero. Either alone would do; the second is against an accident. */
bool chip_is_emulated(void)
{
    return REG_READ(RTC_CNTL_DATE_REG) == 0 && REG_READ(TIMG_NTIMERS_DATE_REG(0)) == 0;
}
